//! Without scripts: pages read, lead on, and take actions.

use super::{
    pair,
    tab::{Look, Tab},
};
use crate::{product::Product, services::Services};

#[tokio::test(flavor = "multi_thread")]
async fn pages_read_lead_on_and_take_actions_without_scripts() {
    let Some(browser) = Services::dashboard().await else { return };
    let product = Product::start(pair::CONFIG).await.unwrap();
    pair::write(&product, "o-2", "paid", "open").await;
    product.until("/incidents", |page| page["items"][0]["number"] == 1).await.unwrap();
    let tab = Tab::open(browser, Look { scripts: false, ..Look::default() }).await;
    tab.go(&product.url).await;
    assert_eq!(tab.value("document.documentElement.hasAttribute('data-hydrated')").await, false);
    tab.click(".rail a[title=Incidents]").await;
    tab.click("main .incidents a").await;
    tab.until("location.pathname === '/incidents/1'").await;
    tab.fill("form.f input[name=by]", "ada").await;
    tab.fill("form.f textarea", "the copy is rebuilt").await;
    tab.click("button[formaction$='/note']").await;
    product.until("/incidents/1", |page| page["timeline"].to_string().contains("the copy is rebuilt")).await.unwrap();
    tab.go(&format!("{}/incidents/1", product.url)).await;
    tab.until_text("the copy is rebuilt").await;
    tab.close().await;
    product.stop();
}
