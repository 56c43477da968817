//! Bytes of a record that could not be read, as hexadecimal and text: sixteen to a line, with the offset before them.

use leptos::prelude::*;

/// Bytes shown; the rest is counted.
const MOST: usize = 512;

pub fn hex(base64: &str, total: u64) -> AnyView {
    let Some(bytes) = decode(base64) else {
        return view! { <p class="dim">"The bytes could not be decoded."</p> }.into_any();
    };
    let shown = bytes.len().min(MOST);
    let lines: String = bytes[..shown].chunks(16).enumerate().map(|(index, chunk)| line(index * 16, chunk)).collect();
    let rest = total.saturating_sub(shown as u64);
    let rest = (rest > 0).then(
        || view! { <p class="faint t12">{format!("{} more bytes are not shown here", crate::format::count(rest))}</p> },
    );
    view! { <pre class="code hex" tabindex="0" aria-label="Bytes of the record">{lines}</pre>{rest} }.into_any()
}

fn line(offset: usize, chunk: &[u8]) -> String {
    let mut hex = String::new();
    for (index, byte) in chunk.iter().enumerate() {
        hex.push_str(&format!(
            "{}{byte:02x}",
            if index == 8 {
                "  "
            } else if index == 0 {
                ""
            } else {
                " "
            }
        ));
    }
    let text: String = chunk.iter().map(|byte| if (0x20..0x7f).contains(byte) { *byte as char } else { '·' }).collect();
    format!("{offset:04x}  {hex:<48}  {text}\n")
}

/// RFC 4648, 4; padding may be missing. `None` where a character is foreign.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| *byte != b'=' && !byte.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_with_and_without_padding() {
        assert_eq!(decode("aGk=").as_deref(), Some(&b"hi"[..]));
        assert_eq!(decode("/+8").as_deref(), Some(&[0xff, 0xef][..]));
        assert_eq!(decode("a*b"), None);
    }

    #[test]
    fn a_line_shows_offset_bytes_and_text() {
        let text = line(0x90, b"Ren\xe9 Aubert");
        assert_eq!(text, format!("0090  {:<48}  Ren· Aubert\n", "52 65 6e e9 20 41 75 62  65 72 74"));
    }
}
