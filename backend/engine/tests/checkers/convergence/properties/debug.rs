//! temp
use super::*;
pub fn show(truth: &Truth, seed: u64) {
    let mut engine = Engine::new(truth.rules());
    for (k, states) in &truth.states {
        eprintln!(
            "{k:?}: {}",
            states.iter().map(|s| format!("{:?}@{:.3}", s.fields, s.at.0 as f64 / 1e9)).collect::<Vec<_>>().join(" ")
        );
    }
    for record in truth.journal(seed) {
        match &record {
            Record::Observations(o) => {
                for o in o {
                    if let plumbline_model::Fact::State(f) = &o.fact {
                        let fields = match &f.content {
                            plumbline_model::state::Content::Absent => "absent".to_string(),
                            plumbline_model::state::Content::Fields(f) => {
                                f.iter().map(|f| format!("{:?}", f.value.digest())).collect::<Vec<_>>().join(",")
                            }
                        };
                        eprintln!(
                            "{} {}={} @{:.3} pos {:?} {:?}",
                            f.replica,
                            f.key,
                            fields,
                            o.at.0 as f64 / 1e9,
                            o.id,
                            f.kind
                        )
                    }
                }
            }
            Record::Progress(p) => {
                eprintln!("progress {} {} {:.3}", p.source, p.partition, p.frontier.unwrap().0 as f64 / 1e9)
            }
            _ => eprintln!("tick"),
        }
        for c in engine.step(&[record]) {
            match c {
                Change::Opened(f) => {
                    eprintln!("    OPENED {:?} {:?} since {:?} due {:?}", f.subject, f.detail, f.since, f.due)
                }
                Change::Revised(f) => eprintln!("    REVISED {:?}", f.detail),
                Change::Resolved { resolution, .. } => eprintln!("    RESOLVED {:?}", resolution.how),
                Change::Rollup(r) => {
                    if let Amount::Cells(c) = &r.amount {
                        eprintln!(
                            "    {:?} in {} not {} late {} max {:.3}",
                            r.series,
                            c.in_time,
                            c.not_in_time,
                            c.late,
                            c.lag.max().0 as f64 / 1e9
                        )
                    }
                }
                _ => {}
            }
        }
    }
}
#[test]
fn case() {
    let world = truth::World {
        seed: 10991252082089585778,
        keys: 2,
        writes: 2,
        versions: true,
        returning: false,
        sparse: false,
        deletes: true,
        skews: false,
        partitions: 2,
    };
    show(&faults::too_late(Truth::clean(world)), 5299379964144150832);
}
