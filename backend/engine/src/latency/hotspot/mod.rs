pub struct Hotspots;
