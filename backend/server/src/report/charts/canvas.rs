//! What charts are drawn with: text, bars, hatching, marks. Plotters underneath; the colours are those of the dashboard's
//! tokens.

use plotters::{
    backend::SVGBackend,
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea as _},
    element::{Circle, PathElement, Polygon, Rectangle},
    style::{
        Color as _, FontFamily, RGBColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plumbline_model::api::VerdictWord;

use super::{super::RenderError, colour};

pub const WIDTH: i32 = 960;
pub const LEFT: i32 = 20;
pub const RIGHT: i32 = WIDTH - 20;
/// A list of fonts that every system has one of; it is written into the file as it stands.
const FONT: &str = "Inter, system-ui, -apple-system, Segoe UI, Roboto, sans-serif";
/// Plotters divides sizes by this when it writes them.
const PLOTTERS_SIZE: f64 = 1.24;
/// Pixels between two strokes of hatching.
const HATCH: i32 = 5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    Paper,
    Ink,
    Faint,
    Line,
    Converged,
    Lagging,
    Diverged,
    Unknown,
    Series,
}

impl Colour {
    const fn rgb(self) -> RGBColor {
        match self {
            Self::Paper => RGBColor(0xff, 0xff, 0xff),
            Self::Ink => RGBColor(0x1c, 0x1b, 0x19),
            Self::Faint => RGBColor(0x6f, 0x6b, 0x64),
            Self::Line => RGBColor(0xe4, 0xe3, 0xdf),
            Self::Converged => RGBColor(0x0b, 0x76, 0x6c),
            Self::Lagging => RGBColor(0x9a, 0x66, 0x0f),
            Self::Diverged => RGBColor(0xc5, 0x35, 0x2c),
            Self::Unknown => RGBColor(0x6b, 0x68, 0x62),
            Self::Series => RGBColor(0x3b, 0x5b, 0xb5),
        }
    }
}

pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

type Drawn = Result<(), RenderError>;

fn failed(error: impl std::fmt::Display) -> RenderError {
    RenderError::Chart(error.to_string())
}

impl<'a> Canvas<'a> {
    pub fn new(out: &'a mut String, height: i32) -> Result<Self, RenderError> {
        let size = (WIDTH.unsigned_abs(), height.max(1).unsigned_abs());
        let area = SVGBackend::with_string(out, size).into_drawing_area();
        area.fill(&Colour::Paper.rgb()).map_err(failed)?;
        Ok(Self { area })
    }

    pub fn finish(&self) -> Drawn {
        self.area.present().map_err(failed)
    }

    /// The title of a chart, with a hairline above unless it is the first thing on the page.
    pub fn title(&self, text: &str, top: i32, ruled: bool) -> Drawn {
        if ruled {
            self.line((LEFT, top), (RIGHT, top), Colour::Line)?;
        }
        self.text(text, LEFT, top + 18, 13, Colour::Ink)
    }

    /// Text whose middle stands at `y`, beginning at `x`.
    pub fn text(&self, text: &str, x: i32, y: i32, size: i32, colour: Colour) -> Drawn {
        self.write(text, (x, y), size, colour, HPos::Left)
    }

    pub fn text_around(&self, text: &str, x: i32, y: i32, size: i32, colour: Colour) -> Drawn {
        self.write(text, (x, y), size, colour, HPos::Center)
    }

    fn write(&self, text: &str, at: (i32, i32), size: i32, colour: Colour, side: HPos) -> Drawn {
        let size = f64::from(size) * PLOTTERS_SIZE;
        let rgb = colour.rgb();
        let style = TextStyle::from((FontFamily::from(FONT), size)).color(&rgb).pos(Pos::new(side, VPos::Center));
        self.area.draw_text(text, &style, at).map_err(failed)
    }

    pub fn line(&self, from: (i32, i32), to: (i32, i32), colour: Colour) -> Drawn {
        self.area.draw(&PathElement::new(vec![from, to], colour.rgb().stroke_width(1))).map_err(failed)
    }

    pub fn stroke(&self, from: (i32, i32), to: (i32, i32), width: u32, colour: Colour) -> Drawn {
        self.area.draw(&PathElement::new(vec![from, to], colour.rgb().stroke_width(width))).map_err(failed)
    }

    pub fn dot(&self, at: (i32, i32), radius: i32, colour: Colour) -> Drawn {
        self.area.draw(&Circle::new(at, radius, colour.rgb().filled())).map_err(failed)
    }

    /// A bar; unknown ones are hatched and never filled, so that they cannot be taken for anything good.
    pub fn bar(&self, from: (i32, i32), to: (i32, i32), colour: Colour) -> Drawn {
        if to.0 <= from.0 {
            return Ok(());
        }
        if colour == Colour::Unknown {
            return self.hatched(from, to);
        }
        self.area.draw(&Rectangle::new([from, to], colour.rgb().filled())).map_err(failed)
    }

    fn hatched(&self, from: (i32, i32), to: (i32, i32)) -> Drawn {
        let outline = ShapeStyle { color: Colour::Unknown.rgb().to_rgba(), filled: false, stroke_width: 1 };
        self.area.draw(&Rectangle::new([from, to], outline)).map_err(failed)?;
        let height = to.1 - from.1;
        let mut x = from.0 - height + HATCH;
        while x < to.0 {
            // The stroke from (x, bottom) to (x + height, top), cut to the bar.
            let (left, right) = (x.max(from.0), (x + height).min(to.0));
            if left < right {
                self.line((left, to.1 - (left - x)), (right, to.1 - (right - x)), Colour::Unknown)?;
            }
            x += HATCH;
        }
        Ok(())
    }

    /// The shape of a verdict, around a point.
    pub fn mark(&self, verdict: VerdictWord, x: i32, y: i32) -> Drawn {
        let rgb = colour(verdict).rgb();
        match verdict {
            VerdictWord::Converged => self.area.draw(&Circle::new((x, y), 5, rgb.filled())),
            VerdictWord::Diverged => {
                let corners = vec![(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)];
                self.area.draw(&Polygon::new(corners, rgb.filled()))
            }
            VerdictWord::Lagging => {
                let half: Vec<_> = (-4..=4).map(|angle| f64::from(angle) * std::f64::consts::FRAC_PI_8).collect();
                let arc =
                    |angle: &f64| (x + (5.0 * angle.cos()).round() as i32, y + (5.0 * angle.sin()).round() as i32);
                self.area.draw(&Circle::new((x, y), 5, rgb.stroke_width(1))).and_then(|()| {
                    self.area.draw(&Polygon::new(half.iter().map(arc).collect::<Vec<_>>(), rgb.filled()))
                })
            }
            VerdictWord::Unknown => self.area.draw(&Circle::new((x, y), 5, rgb.stroke_width(1))),
        }
        .map_err(failed)
    }
}
