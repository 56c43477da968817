//! The pointer over a chart of time: where it is (a share of the width, shared by all charts of a group), and dragging,
//! which zooms by changing the URL, so that the back button undoes it.

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
}

impl Brush {
    pub fn new() -> Self {
        Self { over: RwSignal::new(None), dragged: RwSignal::new(None) }
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
