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
        seed: 14430519310173995274,
        keys: 2,
        writes: 2,
        versions: false,
        returning: false,
        sparse: false,
        deletes: false,
        skews: false,
        partitions: 2,
    };
    show(&faults::unruly(Truth::clean(world)), 9404452109348598364);
}
#[test]
fn stops() {
    let world = truth::World {
        seed: 16154722411883203222,
        keys: 2,
        writes: 7,
        versions: false,
        returning: false,
        sparse: false,
        deletes: true,
        skews: false,
        partitions: 1,
    };
    let seed = std::env::var("SEED").unwrap().parse().unwrap();
    let mut truth = Truth::clean(world);
    machine::faulty(&mut truth);
    let journal = truth.journal(seed);
    let mut dice = truth::Dice::new(seed);
    let mut engine = Engine::new(truth.rules());
    let mut never = Engine::new(truth.rules());
    let mut kept = std::collections::BTreeMap::new();
    for (i, record) in journal.iter().enumerate() {
        let a = engine.step(std::slice::from_ref(record));
        eprintln!("-- never {i}");
        let b = never.step(std::slice::from_ref(record));
        if a != b {
            eprintln!("{i} {record:?}\n  restored {a:?}\n  never {b:?}");
            let e: Vec<_> = never
                .take_dirty()
                .into_iter()
                .map(|e| (String::from_utf8_lossy(&e.key).into_owned(), e.value))
                .collect();
            let f: Vec<_> = engine
                .take_dirty()
                .into_iter()
                .map(|e| (String::from_utf8_lossy(&e.key).into_owned(), e.value))
                .collect();
            for k in e {
                if let Some(g) = f.iter().find(|g| g.0 == k.0) {
                    eprintln!("{} {}", k.0, g.1 == k.1);
                }
            }
            panic!("differs")
        }
        if dice.one_in(6) {
            machine::keep(&mut kept, engine.take_dirty());
            eprintln!("restart after {i}");
            let entries = kept.iter().map(|(key, value)| plumbline_model::journal::StateEntry {
                key: Vec::clone(key),
                value: Some(Vec::clone(value)),
            });
            engine = Engine::restore(entries).unwrap();
        }
    }
}
