//! Rules on lines: what must not be written, where, and why. The patterns are put together from halves, so that this file
//! does not break its own rules.

use super::{File, Problem};

struct Ban {
    /// Any of these in a line breaks the rule.
    words: &'static [&'static str],
    /// Folders or files to which it applies; empty: all.
    under: &'static [&'static str],
    /// Parts of paths to which it does not apply.
    except: &'static [&'static str],
    /// In this line, or in the one before it, this remark excuses it.
    excuse: Option<&'static str>,
    why: &'static str,
}

const BANS: [Ban; 6] = [
    Ban {
        words: &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("bash_", "jobs")],
        under: &[],
        except: &["Cargo.lock"],
        excuse: None,
        why: "a path of one machine",
    },
    Ban {
        words: &[
            concat!("crates", ".io/"),
            concat!("registry.", "npmjs"),
            concat!("repo.", "maven"),
            concat!("repo1.", "maven"),
            concat!("deb.", "debian"),
            concat!("proxy.", "golang"),
            concat!("files.", "pythonhosted"),
        ],
        under: &[],
        except: &["Cargo.lock"],
        excuse: None,
        why: "a registry's host: the ordinary clients know where to go",
    },
    Ban {
        words: &["SystemTime::now", "Instant::now", "Utc::now", "thread_rng", "rand::", "getrandom"],
        under: &["backend/engine/", "backend/model/", "frontend/"],
        except: &["Cargo.toml"],
        excuse: None,
        why: "no clock and no randomness here (ENG-1, TIM-1): take `now` as an argument",
    },
    Ban {
        // As a type with parameters: where one is held, not where one is imported or made.
        words: &["HashMap<", "HashSet<"],
        under: &["backend/engine/src/"],
        except: &[],
        excuse: Some("// order:"),
        why: "hash order must not reach the engine's output (ENG-1); say after `// order:` why it cannot",
    },
    Ban {
        words: &["sqlx::"],
        under: &["backend/model/", "backend/engine/", "backend/server/", "collectors/", "frontend/"],
        except: &["collectors/src/postgres"],
        excuse: None,
        why: "SQL belongs into the store",
    },
    Ban {
        words: &[concat!("#[", "ignore]")],
        under: &[],
        except: &[],
        excuse: None,
        why: "an ignored test says why: #[ignore = \"…\"]",
    },
];

pub fn check(files: &[File]) -> Vec<Problem> {
    files.iter().flat_map(|file| BANS.iter().flat_map(move |ban| ban.check(file))).collect()
}

impl Ban {
    fn applies(&self, path: &str) -> bool {
        (self.under.is_empty() || self.under.iter().any(|under| path.starts_with(under)))
            && !self.except.iter().any(|except| path.contains(except))
    }

    fn check(&self, file: &File) -> Vec<Problem> {
        if !self.applies(&file.path) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        let mut before = "";
        for (number, line) in file.text.lines().enumerate() {
            let excused = self.excuse.is_some_and(|remark| line.contains(remark) || before.contains(remark));
            if let Some(word) = self.words.iter().find(|word| line.contains(*word)).filter(|_| !excused) {
                let what = format!("`{word}`: {}", self.why);
                problems.push(Problem { path: file.path.clone(), line: number + 1, what });
            }
            before = line;
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::said, *};

    #[test]
    fn what_is_banned_depends_on_the_place() {
        assert_eq!(said(check, "backend/engine/src/a.rs", "let now = Instant::now();").len(), 1);
        assert_eq!(said(check, "xtask/src/a.rs", "let now = Instant::now();").len(), 0);
        assert_eq!(said(check, "backend/server/src/a.rs", "sqlx::query(\"select 1\")").len(), 1);
        assert_eq!(said(check, "backend/store/src/a.rs", "sqlx::query(\"select 1\")").len(), 0);
        assert_eq!(said(check, "README.md", concat!("cd /ro", "ot/plumbline")).len(), 1);
    }

    #[test]
    fn a_hash_map_in_the_engine_says_why_its_order_stays_inside() {
        let path = "backend/engine/src/a.rs";
        assert_eq!(said(check, path, "map: HashMap<u32, u32>,").len(), 1);
        assert_eq!(said(check, path, "// order: only looked up\nmap: HashMap<u32, u32>,").len(), 0);
        assert_eq!(said(check, path, "map: HashMap<u32, u32>, // order: only looked up").len(), 0);
    }

    #[test]
    fn an_ignored_test_says_why() {
        assert_eq!(said(check, "a.rs", concat!("#[", "ignore]")).len(), 1);
        assert_eq!(said(check, "a.rs", "#[ignore = \"needs a broker\"]").len(), 0);
    }
}
