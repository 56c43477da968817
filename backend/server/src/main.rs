//! placeholder
fn main() {
    print!("{}", plumbline::config::schema::schema());
}
