//! The bytes of a block: postcard records one behind the other, compressed with zstd at level 1 with a checksum.
//! A format number stands beside every block, so that a later Plumbline can still read an older one's.

use plumbline_model::Record;
use thiserror::Error;

use super::{MAX_OBSERVATIONS, MAX_RAW_BYTES, Packed, index::Indexer};

/// The only format so far: 1.
pub(crate) const FORMAT: i64 = 1;
/// Level 1: on spans level 3 saves another 6 % and takes twice the time.
const LEVEL: i32 = 1;
/// A block that claims to be larger than this when unpacked is damaged, not large.
const MAX_UNPACKED_BYTES: usize = 1 << 30;

#[derive(Debug, Error)]
pub(crate) enum CodecError {
    #[error("unknown format {0}")]
    Format(i64),
    #[error("cannot be compressed or decompressed: {0}")]
    Zstd(#[from] std::io::Error),
    #[error("cannot be encoded or decoded: {0}")]
    Postcard(#[from] postcard::Error),
    #[error("holds {found} bytes more than its {records} records")]
    Trailing { found: usize, records: usize },
    #[error("does not say how large it is")]
    Size,
}

/// Packs blocks with one compressor and one buffer.
pub(super) struct Packer {
    zstd: zstd::bulk::Compressor<'static>,
    raw: Vec<u8>,
}

impl Packer {
    pub(super) fn new() -> Result<Self, CodecError> {
        let mut zstd = zstd::bulk::Compressor::new(LEVEL)?;
        zstd.set_parameter(zstd::zstd_safe::CParameter::ChecksumFlag(true))?;
        Ok(Self { zstd, raw: Vec::with_capacity(MAX_RAW_BYTES / 4) })
    }

    /// Packs the block that begins at `offset`.
    pub(super) fn block(&mut self, records: &[Record], offset: usize) -> Result<Packed, CodecError> {
        self.raw.clear();
        let mut indexer = Indexer::default();
        let (mut count, mut observations) = (0, 0);
        for record in &records[offset..] {
            let more = if let Record::Observations(seen) = record { seen.len() } else { 0 };
            if count > 0 && (observations + more > MAX_OBSERVATIONS || self.raw.len() >= MAX_RAW_BYTES) {
                break;
            }
            self.raw = postcard::to_extend(record, std::mem::take(&mut self.raw))?;
            indexer.add(record);
            count += 1;
            observations += more;
        }
        let body = self.zstd.compress(&self.raw)?;
        Ok(indexer.finish(Packed {
            offset,
            records: count,
            observations,
            raw_bytes: self.raw.len(),
            body,
            times: None,
            routes: Vec::new(),
            reaches: Vec::new(),
            idents: Vec::new(),
        }))
    }
}

/// Reads what `pack` wrote.
pub(crate) fn unpack(format: i64, records: usize, body: &[u8]) -> Result<Vec<Record>, CodecError> {
    if format != FORMAT {
        return Err(CodecError::Format(format));
    }
    let size = zstd::bulk::Decompressor::upper_bound(body).filter(|size| *size <= MAX_UNPACKED_BYTES);
    let raw = zstd::bulk::decompress(body, size.ok_or(CodecError::Size)?)?;
    let mut rest = raw.as_slice();
    let mut found = Vec::with_capacity(records.min(raw.len()));
    for _ in 0..records {
        let (record, behind) = postcard::take_from_bytes(rest)?;
        found.push(record);
        rest = behind;
    }
    if rest.is_empty() { Ok(found) } else { Err(CodecError::Trailing { found: rest.len(), records }) }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::seen, *};

    #[test]
    fn damage_is_noticed() {
        let records = [Record::Observations((0..20).map(|at| seen(at, "k")).collect())];
        let body = super::super::pack(&records).unwrap().remove(0).body;
        assert_eq!(unpack(FORMAT, 1, &body).unwrap(), records);
        for place in 0..body.len() {
            let mut damaged = body.clone();
            damaged[place] ^= 0x10;
            // A bit of the frame header may be one that means nothing; what is read must then be the same.
            if let Ok(read) = unpack(FORMAT, 1, &damaged) {
                assert_eq!(read, records, "byte {place}");
            }
        }
        assert!(unpack(FORMAT, 1, &body[..body.len() / 2]).is_err(), "half of it");
        assert!(matches!(unpack(9, 1, &body), Err(CodecError::Format(9))));
        assert!(unpack(FORMAT, 2, &body).is_err(), "fewer records than the row says");
    }
}
