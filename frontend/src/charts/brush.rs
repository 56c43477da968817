//! The pointer over a chart of time: where it is (a share of the width, shared by all charts of a group), and dragging,
//! which zooms by changing the URL, so that the back button undoes it. A live page is drawn anew every second; what the
//! pointer does outlives that.

use leptos::{ev::PointerEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use plumbline_model::api::Axis;
use wasm_bindgen::JsCast;

use super::scale;
use crate::place::use_place;

/// Drags shorter than this share of the width are clicks.
const LEAST: f64 = 0.012;

/// Where the pointer is and what is being dragged, as shares of the width.
#[derive(Clone, Copy)]
pub struct Brush {
    pub over: RwSignal<Option<f64>>,
    pub dragged: RwSignal<Option<(f64, f64)>>,
    /// The corners of a box that is being dragged: x, y, x, y.
    pub boxed: RwSignal<Option<[f64; 4]>>,
}

/// The brushes of all charts, with the page that each was last drawn on.
#[derive(Clone)]
pub struct Brushes {
    known: StoredValue<Vec<(&'static str, String, Brush)>>,
    owner: Option<Owner>,
}

impl Brushes {
    /// Provides them; around all pages.
    pub fn provide() {
        provide_context(Self { known: StoredValue::new(Vec::new()), owner: Owner::current() });
    }
}

impl Brush {
    pub fn new() -> Self {
        Self { over: RwSignal::new(None), dragged: RwSignal::new(None), boxed: RwSignal::new(None) }
    }

    /// The brush of a chart by its name: the same one in every drawing of a page.
    pub fn of(chart: &'static str) -> Self {
        let Some(Brushes { known, owner: Some(owner) }) = use_context::<Brushes>() else {
            return Self::new();
        };
        let here = use_place().get_untracked().path;
        match known.with_value(|all| all.iter().find(|(of, ..)| *of == chart).cloned()) {
            Some((_, path, brush)) if path == here => brush,
            other => {
                // On another page the pointer has not come to the chart yet.
                let brush = other.map_or_else(|| owner.with(Self::new), |(_, _, brush)| brush);
                brush.left();
                known.update_value(|all| {
                    all.retain(|(of, ..)| *of != chart);
                    all.push((chart, here, brush));
                });
                brush
            }
        }
    }

    /// The index of the step under the pointer.
    pub fn step(self, axis: &Axis) -> Option<usize> {
        let steps = f64::from(axis.steps);
        self.over.get().map(|share| (share * steps).floor().clamp(0.0, steps - 1.0) as usize)
    }

    pub fn down(self, event: &PointerEvent) {
        if event.button() == 0
            && let Some(share) = share_of(event)
        {
            self.dragged.set(Some((share, share)));
        }
    }

    pub fn moved(self, event: &PointerEvent) {
        let share = share_of(event);
        self.over.set(share);
        if let (Some((start, _)), Some(share)) = (self.dragged.get_untracked(), share) {
            self.dragged.set(Some((start, share)));
        }
    }

    pub fn left(self) {
        self.over.set(None);
        self.dragged.set(None);
        self.boxed.set(None);
    }

    /// The ends of a finished drag, in order; `None` for a click.
    pub fn up(self) -> Option<(f64, f64)> {
        let (a, b) = self.dragged.get_untracked()?;
        self.dragged.set(None);
        ((a - b).abs() > LEAST).then(|| (a.min(b), a.max(b)))
    }

    /// Arrow keys move the crosshair by steps.
    pub fn key(self, key: &str, axis: &Axis) -> bool {
        let step = 1.0 / f64::from(axis.steps.max(1));
        let by = match key {
            "ArrowLeft" => -step,
            "ArrowRight" => step,
            _ => return false,
        };
        let next = self
            .over
            .get_untracked()
            .map_or(1.0 - step / 2.0, |share| (share + by).clamp(step / 2.0, 1.0 - step / 2.0));
        self.over.set(Some(next));
        true
    }
}

impl Default for Brush {
    fn default() -> Self {
        Self::new()
    }
}

/// Goes to the stretch of time between two shares of an axis.
pub fn zoom(axis: Axis) -> impl Fn((f64, f64)) + Clone {
    let navigate = use_navigate();
    let place = use_place();
    move |(from, to)| {
        let end = |share| plumbline_model::SourceTime::from_secs(scale::at(&axis, share).millis() / 1000).to_string();
        let href = place.read_untracked().with(&[("last", ""), ("from", &end(from)), ("to", &end(to)), ("cursor", "")]);
        navigate(&href, NavigateOptions { scroll: false, ..Default::default() });
    }
}

/// The pointer's share of the element that listens.
fn share_of(event: &PointerEvent) -> Option<f64> {
    let element: web_sys::Element = event.current_target()?.dyn_into().ok()?;
    let rect = element.get_bounding_client_rect();
    (rect.width() > 0.0).then(|| ((f64::from(event.client_x()) - rect.left()) / rect.width()).clamp(0.0, 1.0))
}
