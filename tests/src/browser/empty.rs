//! A product that watches nothing yet: every page says why it is empty.

use super::{
    pages::PAGES,
    tab::{Look, Tab},
};
use crate::{product::Product, services::Services};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_product_says_on_every_page_why_it_is_empty() {
    let Some(browser) = Services::dashboard().await else { return };
    let product = Product::start("environment: nothing yet\n").await.unwrap();
    let tab = Tab::open(browser, Look::default()).await;
    for (path, _, _) in PAGES {
        tab.go_live(&format!("{}{path}", product.url)).await;
        tab.until("document.querySelector('.top button[aria-pressed=false]')").await;
        assert_eq!(tab.value("document.querySelectorAll('main .failed').length").await, 0, "{path}");
        tab.until("document.querySelector('main .state:not(.failed)')").await;
        tab.is_content().await;
    }
    tab.close().await;
    product.stop();
}
