//! The course of one order through the shop's services: calls, topics, rows and spans, planned when the order arrives.

use serde_json::{Value, json};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::{
    Context, Fault, Feed, Kind, MILLI, SECOND, Shop, Step, Told,
    fact::{CloudEvent, Span},
    stock::Move,
};
use crate::clock::rfc3339;

/// A read model that went wrong is built anew after this; a cache entry expires after it.
const HEALED_AFTER: i64 = 100 * SECOND;
const CACHED_FOR: i64 = 60 * SECOND;
const PROVIDER: [(&str, &str); 2] = [("http.request.method", "POST"), ("server.address", "psp.example")];
/// Orders whose card is declined, of a hundred.
const DECLINED_PERCENT: u64 = 6;

/// Plans the whole course of an order that arrives at `at`.
pub fn checkout(shop: &mut Shop, at: i64, fault: Option<Fault>) {
    let order = format!("o-{}-{:05}", shop.settings.tag, shop.orders);
    let correlation = format!("c-{}-{:05}", shop.settings.tag, shop.orders);
    let trace = xxh3_128(correlation.as_bytes()).max(1);
    let total_cents = shop.rng.between(400, 25_000);
    let item = usize::try_from(shop.rng.between(0, shop.stock.items() as i64 - 1)).unwrap_or(0);
    let mut course = Course { shop, order, correlation, trace, spans: 0, total_cents, item, fault, at, label: true };
    course.run();
}

struct Course<'a> {
    shop: &'a mut Shop,
    order: String,
    correlation: String,
    trace: u128,
    spans: u64,
    total_cents: i64,
    item: usize,
    fault: Option<Fault>,
    /// When the order arrived.
    at: i64,
    /// The fault is not labelled yet.
    label: bool,
}

/// A thing that happened in a span, and after which others happen.
#[derive(Clone, Debug)]
struct Done {
    at: i64,
    context: Context,
    /// The id of the event that told of it.
    event: Option<String>,
}

/// A version of the order's row.
#[derive(Clone, Copy, Debug)]
struct Row {
    version: i64,
    status: &'static str,
    written: i64,
}

impl Course<'_> {
    fn run(&mut self) {
        let placed = self.place();
        let reserved = self.reserve(&placed);
        if self.fault == Some(Fault::StuckPayment) {
            self.payment_hangs(&reserved);
            return;
        }
        let declined = self.shop.rng.chance(DECLINED_PERCENT) && self.fault.is_none();
        if declined || self.fault == Some(Fault::FailedCompensation) {
            self.decline(&reserved);
        } else {
            self.fulfil(&reserved);
        }
    }

    /// Gateway and orders: two calls, the first row, the first event.
    fn place(&mut self) -> Done {
        let at = self.at;
        let written = at + self.ms(10, 25);
        let (root, call, serve) = (self.context(), self.context(), self.context());
        let wrote = self.write(Row { version: 1, status: "placed", written }, "INSERT orders", serve, None);
        let placed = self.publish("orders", "shop.orders", "order.placed", &wrote, None);
        let served = placed.at + self.ms(1, 4);
        let (serve_at, call_at) = (at + self.ms(4, 6), at + self.ms(1, 3));
        let replied = served + self.ms(1, 4);
        let answered = served + self.ms(5, 9);
        self.record(Span::new("orders", "POST /orders", Kind::Server, serve, (serve_at, served)).under(call));
        self.record(Span::new("gateway", "POST /orders", Kind::Client, call, (call_at, replied)).under(root));
        let request = [("http.request.method", "POST"), ("http.route", "/checkout"), ("shop.order", &self.order)];
        let span = Span::new("gateway", "POST /checkout", Kind::Server, root, (at, answered)).with(&request);
        self.record(span);
        self.replicate(Row { version: 1, status: "placed", written }, &placed);
        placed
    }

    fn reserve(&mut self, placed: &Done) -> Done {
        let (work, context) = self.consume("stock", "shop.orders", placed, (60, 250), (15, 60));
        self.shop.plan(work, Step::Stock(self.stock_move(-1, context, placed)));
        let data = json!({ "order": self.order, "sku": self.shop.stock.key(self.item), "quantity": 1 });
        self.publish(
            "stock",
            "shop.stock",
            "stock.reserved",
            &Done { at: work, context, event: placed.event.clone() },
            Some(data),
        )
    }

    fn payment_hangs(&mut self, reserved: &Done) {
        let process = self.context();
        let call = self.context();
        let begin = reserved.at + self.ms(50, 200);
        let gave_up = begin + 20 * SECOND;
        let failed = Some("no answer from the payment provider");
        let charge = Span::new("payment", "POST /charges", Kind::Client, call, (begin + 2 * MILLI, gave_up));
        self.record(charge.under(process).with(&PROVIDER).failed(failed));
        let work = Span::new("payment", "process shop.stock", Kind::Consumer, process, (begin, gave_up));
        self.record(work.under(reserved.context).with(&messaging("shop.stock")).failed(failed));
        self.label(self.correlation.clone(), begin);
    }

    /// Payment calls the provider and tells how it went.
    fn pay(&mut self, reserved: &Done, outcome: &'static str) -> Done {
        let slow = self.shop.timetable.lasting(Fault::SlowEdge, self.at - self.shop.start).is_some();
        let extra = if slow { self.ms(1200, 1800) } else { 0 };
        let process = self.context();
        let call = self.context();
        let begin = reserved.at + self.ms(50, 250);
        let answered = begin + self.ms(150, 700) + extra;
        let failed = (outcome == "payment.declined").then_some("card declined");
        let charge = Span::new("payment", "POST /charges", Kind::Client, call, (begin + 3 * MILLI, answered));
        self.record(charge.under(process).with(&PROVIDER));
        let end = answered + self.ms(4, 12);
        let work = Span::new("payment", "process shop.stock", Kind::Consumer, process, (begin, end));
        self.record(work.under(reserved.context).with(&messaging("shop.stock")).failed(failed));
        let paid = Done { at: answered + 2 * MILLI, context: process, event: reserved.event.clone() };
        let data = json!({ "order": self.order, "amount": amount(self.total_cents) });
        self.publish("payment", "shop.payments", outcome, &paid, Some(data))
    }

    fn fulfil(&mut self, reserved: &Done) {
        let captured = self.pay(reserved, "payment.captured");
        self.advance_order(2, "paid", "order.paid", "shop.payments", &captured);
        let (sent, context) = self.consume("shipping", "shop.payments", &captured, (800, 2500), (20, 80));
        let handed = Done { at: sent, context, event: captured.event.clone() };
        let data = json!({ "order": self.order, "carrier": "parrot post" });
        let shipped = self.publish("shipping", "shop.shipping", "parcel.shipped", &handed, Some(data));
        let completed = self.advance_order(3, "completed", "order.completed", "shop.shipping", &shipped);
        let (mailed, context) = self.consume("notification", "shop.orders", &completed, (50, 300), (30, 120));
        let mail = Done { at: mailed, context, event: completed.event.clone() };
        self.publish("notification", "shop.mail", "notification.sent", &mail, None);
    }

    fn decline(&mut self, reserved: &Done) {
        let declined = self.pay(reserved, "payment.declined");
        let cancelled = self.advance_order(2, "cancelled", "order.cancelled", "shop.payments", &declined);
        if self.fault == Some(Fault::FailedCompensation) {
            self.label(self.correlation.clone(), cancelled.at);
            return;
        }
        let (work, context) = self.consume("stock", "shop.orders", &cancelled, (100, 600), (15, 60));
        self.shop.plan(work, Step::Stock(self.stock_move(1, context, &cancelled)));
        let data = json!({ "order": self.order, "sku": self.shop.stock.key(self.item), "quantity": 1 });
        let released = Done { at: work, context, event: cancelled.event.clone() };
        self.publish("stock", "shop.stock", "stock.released", &released, Some(data));
    }

    /// Orders takes note of an event, writes the next version of its row and tells of it.
    fn advance_order(
        &mut self,
        version: i64,
        status: &'static str,
        event: &'static str,
        topic: &'static str,
        on: &Done,
    ) -> Done {
        let (written, context) = self.consume("orders", topic, on, (30, 180), (8, 30));
        let row = Row { version, status, written };
        let wrote = self.write(row, "UPDATE orders", context, on.event.as_deref());
        let told = self.publish("orders", "shop.orders", event, &wrote, None);
        self.replicate(row, &told);
        told
    }

    /// Every copy of the order takes over what an event told.
    fn replicate(&mut self, row: Row, told: &Done) {
        self.build_view(row, told);
        self.fill_cache(row, told);
        if row.status != "placed" {
            let applied = self.consume("shipping", "shop.orders", told, (30, 300), (5, 20));
            let data = json!({ "order": self.order, "status": row.status });
            self.row(Feed::ShippingDb, "shipping-copy.row", row.version, applied, told, data);
        }
    }

    fn build_view(&mut self, row: Row, told: &Done) {
        let last = row.status == "completed";
        let (mut applied, context) = self.consume("order-view", "shop.orders", told, (30, 350), (8, 40));
        match self.fault {
            Some(Fault::LostUpdate) if last => {
                self.label(self.order.clone(), applied);
                applied += HEALED_AFTER;
            }
            Some(Fault::Reordered) if row.status == "paid" => {
                // The order is completed some 3 s later; this older update is applied behind that one.
                let healed = applied + 6 * SECOND + HEALED_AFTER;
                applied += 6 * SECOND;
                self.label(self.order.clone(), applied);
                self.view_row(
                    Row { version: 3, status: "completed", written: row.written },
                    healed,
                    context,
                    told,
                    "rebuilt/",
                );
            }
            _ => {}
        }
        self.view_row(row, applied, context, told, "");
    }

    fn view_row(&mut self, row: Row, at: i64, context: Context, told: &Done, suffix: &str) {
        let data = json!({ "order_id": self.order, "state": row.status, "total_cents": self.total_cents });
        let id = format!("order-view/{}/{suffix}{}", self.order, row.version);
        self.tell(Feed::OrderView, at, self.cloud(id, "order-view.row", context, told.event.clone(), data));
    }

    fn fill_cache(&mut self, row: Row, told: &Done) {
        let (filled, context) = self.consume("gateway", "shop.orders", told, (40, 400), (2, 8));
        let last = matches!(row.status, "completed" | "cancelled");
        if last && self.fault == Some(Fault::StaleCache) {
            self.label(self.order.clone(), filled);
        } else {
            let data = json!({ "order": self.order, "status": row.status, "total": amount(self.total_cents) });
            self.row(Feed::OrderCache, "order-cache.set", row.version, (filled, context), told, data);
        }
        if last {
            let data = json!({ "order": self.order });
            self.row(Feed::OrderCache, "order-cache.expired", row.version, (filled + CACHED_FOR, context), told, data);
        }
    }

    /// Writes a version of the order into its table, in a span of the database call.
    fn write(&mut self, row: Row, statement: &str, parent: Context, cause: Option<&str>) -> Done {
        let context = self.context();
        let begin = row.written - self.ms(2, 7);
        let query = [("db.system.name", "postgresql"), ("server.address", "orders-db")];
        let span = Span::new("orders", statement, Kind::Client, context, (begin, row.written));
        self.record(span.under(parent).with(&query));
        let data = json!({
            "id": self.order, "version": row.version, "status": row.status,
            "total": amount(self.total_cents), "updated_at": rfc3339(row.written),
        });
        let id = format!("orders-db/{}/{}", self.order, row.version);
        self.tell(Feed::OrdersDb, row.written, self.cloud(id, "orders.row", context, cause.map(str::to_owned), data));
        Done { at: row.written, context: parent, event: cause.map(str::to_owned) }
    }

    /// Sends a domain event to its topic, in a span of the sending.
    fn publish(
        &mut self,
        service: &'static str,
        topic: &str,
        kind: &'static str,
        after: &Done,
        data: Option<Value>,
    ) -> Done {
        let context = self.context();
        let at = after.at + MILLI + self.ms(1, 3);
        let span = Span::new(service, &format!("send {topic}"), Kind::Producer, context, (after.at + MILLI, at));
        self.record(span.under(after.context).with(&messaging(topic)));
        let id = format!("{}/{kind}", self.correlation);
        let data = data.unwrap_or_else(|| json!({ "order": self.order }));
        self.tell(Feed::Events, at, self.cloud(id.clone(), kind, context, after.event.clone(), data));
        Done { at, context, event: Some(id) }
    }

    /// Takes an event from its topic after a wait, and works on it; gives when the work is done, and its span.
    fn consume(
        &mut self,
        service: &'static str,
        topic: &str,
        from: &Done,
        wait_ms: (i64, i64),
        work_ms: (i64, i64),
    ) -> (i64, Context) {
        let context = self.context();
        let begin = from.at + self.ms(wait_ms.0, wait_ms.1);
        let done = begin + self.ms(work_ms.0, work_ms.1);
        // The span outlives the work by what it sends on.
        let end = done + 8 * MILLI;
        let span = Span::new(service, &format!("process {topic}"), Kind::Consumer, context, (begin, end));
        self.record(span.under(from.context).with(&messaging(topic)));
        (done, context)
    }

    fn row(&mut self, feed: Feed, kind: &'static str, version: i64, applied: (i64, Context), told: &Done, data: Value) {
        let (at, context) = applied;
        let id = format!("{kind}/{}/{version}", self.order);
        self.tell(feed, at, self.cloud(id, kind, context, told.event.clone(), data));
    }

    fn cloud(
        &self,
        id: String,
        kind: &'static str,
        context: Context,
        cause: Option<String>,
        data: Value,
    ) -> CloudEvent {
        CloudEvent {
            id,
            kind,
            subject: self.order.clone(),
            correlation: Some(self.correlation.clone()),
            causation: cause,
            context: Some(context),
            data,
        }
    }

    fn tell(&mut self, feed: Feed, at: i64, event: CloudEvent) {
        self.shop.plan(at, Step::Tell(feed, Told::Cloud(event)));
    }

    /// The span is told when it ends.
    fn record(&mut self, span: Span) {
        self.shop.plan(span.end, Step::Tell(Feed::Traces, Told::Span(span)));
    }

    fn stock_move(&self, quantity: i64, context: Context, on: &Done) -> Move {
        Move { item: self.item, quantity, context: Some(context), cause: on.event.clone() }
    }

    fn context(&mut self) -> Context {
        self.spans += 1;
        let span = xxh3_64(format!("{:032x}/{}", self.trace, self.spans).as_bytes()).max(1);
        Context { trace: self.trace, span }
    }

    fn ms(&mut self, from: i64, to: i64) -> i64 {
        self.shop.rng.between(from * MILLI, to * MILLI)
    }

    fn label(&mut self, subject: String, at: i64) {
        if let Some(fault) = self.fault.filter(|_| std::mem::take(&mut self.label)) {
            self.shop.inject(fault, at, &subject);
        }
    }
}

/// Money as text, as a decimal column gives it.
fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn messaging(topic: &str) -> [(&'static str, &str); 2] {
    [("messaging.system", "kafka"), ("messaging.destination.name", topic)]
}
