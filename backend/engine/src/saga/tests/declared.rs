//! One promise or state each, as small as it gets.

use super::harness::check;

#[test]
fn a_step_that_does_not_come_is_stuck() {
    check(
        "saga checkout: order.placed > stock.reserved 30s stock undo stock.released > payment.captured 2m payment; done order.completed; failed order.cancelled; within 48h; undo within 10m
         o-1     placed@0s reserved@5s
         expect  2m4s at risk o-1
         expect  2m6s stuck o-1 payment.captured(waiting for payment since 5s, owed stock.released)
         expect  2m6s found o-1 payment.captured high due 2m5s",
    );
}
