//! The ten pages of the rail with their letters, as a reader knows them.

/// Path, name in the title, the letter after `g`.
pub const PAGES: [(&str, &str, char); 10] = [
    ("/", "Overview", 'o'),
    ("/replicas", "Replicas", 'r'),
    ("/lineage", "Lineage", 'l'),
    ("/sagas", "Sagas", 's'),
    ("/latency", "Latency", 't'),
    ("/streams", "Streams", 'm'),
    ("/incidents", "Incidents", 'i'),
    ("/report", "Report", 'p'),
    ("/collectors", "Collectors", 'c'),
    ("/settings", "Settings", 'e'),
];
