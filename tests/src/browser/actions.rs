//! What people do about an incident: a note stands in its story, a silence in the settings until somebody ends it.

use super::{
    pair,
    tab::{Look, Tab},
};
use crate::{product::Product, services::Services};

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_told_in_the_story_and_a_silence_is_listed_until_it_is_ended() {
    let Some(browser) = Services::dashboard().await else { return };
    let product = Product::start(pair::CONFIG).await.unwrap();
    pair::write(&product, "o-2", "paid", "open").await;
    product.until("/incidents", |page| page["items"][0]["number"] == 1).await.unwrap();
    let tab = Tab::open(browser, Look::default()).await;

    tab.go_live(&format!("{}/incidents/1", product.url)).await;
    tab.fill("form.f input[name=by]", "ada").await;
    tab.fill("form.f textarea", "the copy is rebuilt").await;
    tab.click("button[formaction$='/note']").await;
    tab.until("document.querySelector('.story')?.innerText.includes('the copy is rebuilt')").await;
    assert!(tab.text().await.contains("Note by ada"), "{}", tab.text().await);

    tab.until("document.documentElement.hasAttribute('data-hydrated')").await;
    tab.fill("form.f input[name=by]", "ada").await;
    tab.fill("form.f textarea", "known, until the rebuild ends").await;
    tab.click("button[formaction$='/silence']").await;
    let silences = product.until("/silences", |rows| rows[0].is_object()).await.unwrap();
    assert_eq!(
        [&silences[0]["matcher"], &silences[0]["by"], &silences[0]["why"]],
        ["place=order/view", "ada", "known, until the rebuild ends"]
    );

    tab.go_live(&format!("{}/settings", product.url)).await;
    tab.until_text("known, until the rebuild ends").await;
    tab.fill("form[action$='/silences/end'] input[name=by]", "ada").await;
    tab.click("form[action$='/silences/end'] button").await;
    tab.until("location.pathname === '/settings' && document.documentElement.hasAttribute('data-hydrated')").await;
    tab.until_text("None is in force").await;
    assert_eq!(product.get("/silences").await.unwrap(), serde_json::json!([]));
    tab.is_content().await;
    tab.close().await;
    product.stop();
}
