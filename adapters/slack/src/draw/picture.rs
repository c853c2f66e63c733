//! The disks and memory of a device as one small picture: how full it is shows before a figure is read.
//!
//! The figures themselves are in the message, so a picture that does not come is no loss.

use std::convert::Infallible;

use countersign::reply::{Block, Message};
use countersign::words;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_10X20;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Text};

use super::File;

/// One bar says no more than its words do.
const BARS_MIN: usize = 2;
/// More would not be small.
const BARS_MAX: usize = 12;

const WIDTH: u32 = 640;
const MARGIN: i32 = 16;
const ROW: u32 = 52;
const BAR: u32 = 14;
/// Letters are 10 points wide: so many fit beside the figures.
const LABEL_MAX: usize = 24;
const DETAIL_MAX: usize = 34;

const PAPER: Rgb888 = Rgb888::WHITE;
const INK: Rgb888 = Rgb888::new(0x1d, 0x1c, 0x1d);
const EMPTY: Rgb888 = Rgb888::new(0xe3, 0xe5, 0xe8);

/// The picture of the meters in `message`, where there are enough.
pub(super) fn of(message: &Message) -> Option<File> {
    let meters: Vec<(&str, u8, &str)> = message
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Meter { label, percent, detail } => {
                Some((label.as_str(), (*percent).min(100), detail.as_str()))
            }
            _ => None,
        })
        .take(BARS_MAX)
        .collect();
    if meters.len() < BARS_MIN {
        return None;
    }
    let said: Vec<String> =
        meters.iter().map(|(label, percent, _)| format!("{label} {percent} % full")).collect();
    let bytes = encode(&draw(&meters)).ok()?;
    Some(File { name: "state.png".into(), title: words::cut(&words::list(&said), 250), bytes })
}

fn draw(meters: &[(&str, u8, &str)]) -> Canvas {
    let rows = u32::try_from(meters.len()).unwrap_or(1);
    let mut canvas = Canvas::new(WIDTH, rows * ROW + MARGIN.unsigned_abs());
    let letters = MonoTextStyle::new(&FONT_10X20, INK);
    let full = WIDTH - 2 * MARGIN.unsigned_abs();
    let right = MARGIN + full.cast_signed();
    let mut top = MARGIN;
    for (label, percent, detail) in meters {
        let figures = words::cut(&format!("{percent} %  {detail}"), DETAIL_MAX);
        let base = Point::new(MARGIN, top + 14);
        let label = Text::new(&words::cut(label, LABEL_MAX), base, letters).draw(&mut canvas);
        let base = Point::new(right, top + 14);
        let figures = Text::with_alignment(&figures, base, letters, Alignment::Right);
        let bar = |width: u32, colour| {
            Rectangle::new(Point::new(MARGIN, top + 20), Size::new(width, BAR))
                .into_styled(PrimitiveStyle::with_fill(colour))
        };
        let filled = full * u32::from(*percent) / 100;
        // Drawing on a canvas of our own cannot fail.
        let (Ok(_), Ok(_), Ok(()), Ok(())) = (
            label,
            figures.draw(&mut canvas),
            bar(full, EMPTY).draw(&mut canvas),
            bar(filled, colour(*percent)).draw(&mut canvas),
        );
        top += ROW.cast_signed();
    }
    canvas
}

/// The same steps as the marks in the message.
fn colour(percent: u8) -> Rgb888 {
    match percent {
        0..75 => Rgb888::new(0x2e, 0x8b, 0x57),
        75..90 => Rgb888::new(0xd9, 0x9a, 0x00),
        _ => Rgb888::new(0xc6, 0x28, 0x28),
    }
}

struct Canvas {
    size: Size,
    /// Three bytes a point, row by row.
    points: Vec<u8>,
}

impl Canvas {
    fn new(width: u32, height: u32) -> Self {
        let points = usize::try_from(width * height).unwrap_or(0) * 3;
        let mut canvas = Self { size: Size::new(width, height), points: vec![0; points] };
        let Ok(()) = canvas.clear(PAPER);
        canvas
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y)) else { continue };
            if x >= self.size.width || y >= self.size.height {
                continue;
            }
            let start = usize::try_from(y * self.size.width + x).unwrap_or(0) * 3;
            let point = [colour.r(), colour.g(), colour.b()];
            self.points[start..start + 3].copy_from_slice(&point);
        }
        Ok(())
    }
}

fn encode(canvas: &Canvas) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, canvas.size.width, canvas.size.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&canvas.points)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(label: &str, percent: u8, detail: &str) -> Block {
        Block::Meter { label: label.into(), percent, detail: detail.into() }
    }

    #[test]
    fn bars_are_as_long_and_as_red_as_the_disks_are_full() {
        let canvas = draw(&[("C:", 96, "19.0 GB free of 476.0 GB"), ("D:", 10, "")]);
        let reaches = |row: u32| {
            let y = MARGIN.unsigned_abs() + row * ROW + 20 + BAR / 2;
            let point = |x: u32| {
                let start = usize::try_from(y * WIDTH + x).unwrap() * 3;
                canvas.points[start..start + 3].to_vec()
            };
            let empty = [EMPTY.r(), EMPTY.g(), EMPTY.b()];
            let first = MARGIN.unsigned_abs();
            let filled = (first..WIDTH).take_while(|x| point(*x) != empty).count();
            (filled, point(first))
        };
        assert_eq!(reaches(0), (583, vec![0xc6, 0x28, 0x28]));
        assert_eq!(reaches(1), (60, vec![0x2e, 0x8b, 0x57]));
    }

    #[test]
    fn the_picture_is_a_small_file_that_says_what_it_shows() {
        let blocks = vec![
            meter("Memory", 47, "8.3 GB free of 15.8 GB"),
            meter("C: (OS)", 96, "19.0 GB free of 476.0 GB"),
        ];
        let file = of(&Message::of("State", blocks)).unwrap();
        assert_eq!(file.title, "Memory 47 % full and C: (OS) 96 % full");
        assert!(file.bytes.len() < 10_000, "{}", file.bytes.len());
        let decoder = png::Decoder::new(std::io::Cursor::new(&file.bytes));
        let info = decoder.read_info().unwrap();
        assert_eq!((info.info().width, info.info().height), (WIDTH, 2 * ROW + 16));
    }

    #[test]
    fn one_bar_needs_no_picture() {
        assert_eq!(of(&Message::of("State", vec![meter("C:", 96, "")])), None);
    }
}
