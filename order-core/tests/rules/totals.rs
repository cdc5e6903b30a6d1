//! Totals: what an order costs, and what its lines and adjustments add up to.

use crate::given::{Given, ship, two, two_lines};
use order_core::Context;
use order_core::command::{Command, PlaceOrder};
use order_core::decide::decide_new;
use order_core::event::Actor;
use order_core::money::Amount;
use order_core::order::{Adjustment, AdjustmentKind, Order, OrderLine, SkuQuantity, merge_by_sku};
use order_core::policy::StorefrontPolicy;
use order_core::refusal::RefusalCode;
use order_core::value::LineNo;
use order_testing::builders::{line, noon, place_order, priced, units};

fn of_order(kind: AdjustmentKind, amount: i64) -> Adjustment {
    Adjustment::of_order(kind, Amount::new(amount), None)
}

fn of_line(kind: AdjustmentKind, amount: i64, line: u32) -> Adjustment {
    Adjustment::of_line(kind, Amount::new(amount), None, LineNo::new(line))
}

fn place(request: PlaceOrder) -> Result<Order, RefusalCode> {
    let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    let ctx = Context::new(&policy, noon(), &actor);
    decide_new(&Command::PlaceOrder(Box::new(request)), &ctx)
        .map(|transition| transition.order)
        .map_err(|refusal| refusal.code)
}

fn with_adjustments(mut request: PlaceOrder, adjustments: Vec<Adjustment>) -> PlaceOrder {
    request.order.adjustments = adjustments;
    request
}

fn adjusted(adjustments: Vec<Adjustment>) -> Result<Order, RefusalCode> {
    place(with_adjustments(two_lines(), adjustments))
}

#[test]
fn each_figure_is_the_sum_of_its_kind() {
    let order = adjusted(vec![
        of_order(AdjustmentKind::Shipping, 700),
        of_order(AdjustmentKind::Shipping, 50),
        of_order(AdjustmentKind::Tax, 350),
        of_line(AdjustmentKind::Tax, 20, 2),
        of_order(AdjustmentKind::Fee, 9),
        of_line(AdjustmentKind::Discount, 300, 1),
        of_order(AdjustmentKind::Discount, 100),
    ])
    .unwrap();
    assert_eq!(order.adjustments().len(), 7);
    let totals = order.totals();
    assert_eq!(totals.subtotal, Amount::new(3_500));
    assert_eq!(totals.shipping, Amount::new(750));
    assert_eq!(totals.tax, Amount::new(370));
    assert_eq!(totals.fees, Amount::new(9));
    assert_eq!(totals.discount, Amount::new(400));
    assert_eq!(totals.total, Amount::new(4_229));
    assert_eq!(totals.due, Amount::new(4_229));
    assert_eq!(order.totals().subtotal, Amount::new(3_500));
}

#[test]
fn a_cancelled_unit_takes_its_part_of_its_lines_adjustments_with_it() {
    let mut request = two_lines();
    request.order.adjustments = vec![
        of_line(AdjustmentKind::Discount, 301, 2),
        of_order(AdjustmentKind::Shipping, 700),
    ];
    let cancel = |lines: Vec<SkuQuantity>| Command::CancelLines {
        lines: crate::given::selections(lines),
        reason: None,
    };
    let given = Given::placed(request).execute(cancel(vec![units("tea", 1)]));
    let totals = given.order.totals();
    assert_eq!(totals.subtotal, Amount::new(3_000));
    // Two thirds of 3.01, and the whole shipping.
    assert_eq!(totals.discount, Amount::new(201));
    assert_eq!(totals.total, Amount::new(3_499));
    let given = given.execute(cancel(vec![units("tea", 2)]));
    assert_eq!(given.order.totals().discount, Amount::ZERO);
    assert_eq!(given.order.totals().total, Amount::new(2_700));
}

#[test]
fn discounts_may_take_off_everything_that_was_added_but_no_more() {
    let with = |kind, added: i64, discount: i64| {
        adjusted(vec![
            of_order(kind, added),
            of_order(AdjustmentKind::Discount, discount),
        ])
    };
    for kind in [
        AdjustmentKind::Shipping,
        AdjustmentKind::Tax,
        AdjustmentKind::Fee,
    ] {
        let free = with(kind, 500, 4_000).unwrap();
        assert_eq!(free.totals().total, Amount::ZERO);
        assert_eq!(with(kind, 500, 4_001), Err(RefusalCode::NegativeTotal));
    }
    let unpriced = with_adjustments(
        place_order(vec![line("abc", 1), priced("tea", 1, 0)]),
        vec![of_order(AdjustmentKind::Discount, 1)],
    );
    assert!(
        place(unpriced).is_ok(),
        "the unquoted price may cover the discount"
    );
}

#[test]
fn a_total_that_cannot_be_counted_is_refused() {
    let most = i64::MAX;
    let too_large = Err(RefusalCode::AmountTooLarge);
    let one = || place_order(vec![priced("abc", 1, most)]);
    assert_eq!(place(one()).unwrap().totals().total, Amount::new(most));
    let more = place_order(vec![priced("abc", 1, most), priced("tea", 1, 1)]);
    assert_eq!(place(more), too_large);
    let with = |kind, amount| {
        place(with_adjustments(
            two(),
            vec![of_order(kind, amount), of_order(kind, 1)],
        ))
    };
    assert_eq!(with(AdjustmentKind::Fee, most - 2_000), too_large);
    assert!(with(AdjustmentKind::Fee, most - 2_001).is_ok());
    assert_eq!(with(AdjustmentKind::Discount, most), too_large);
}

#[test]
fn amounts_are_not_negative_and_adjustments_name_lines_there_are() {
    assert_eq!(
        place(place_order(vec![priced("abc", 1, -1)])),
        Err(RefusalCode::InvalidAmount)
    );
    assert!(place(place_order(vec![priced("abc", 1, 0)])).is_ok());
    assert_eq!(
        adjusted(vec![of_order(AdjustmentKind::Fee, -1)]),
        Err(RefusalCode::InvalidAmount)
    );
    assert_eq!(
        adjusted(vec![of_line(AdjustmentKind::Fee, 1, 3)]),
        Err(RefusalCode::UnknownLine)
    );
}

#[test]
fn an_order_has_from_one_to_so_many_lines() {
    let mut policy = StorefrontPolicy::default();
    policy.max_lines = 2;
    let actor = Actor::system();
    let ctx = Context::new(&policy, noon(), &actor);
    let with = |lines: usize| {
        let lines = vec![priced("abc", 1, 100); lines];
        decide_new(&Command::PlaceOrder(Box::new(place_order(lines))), &ctx)
            .map(|transition| transition.order.lines().len())
            .map_err(|refusal| refusal.code)
    };
    assert_eq!(with(0), Err(RefusalCode::NoLines));
    assert_eq!(with(2), Ok(2));
    assert_eq!(with(3), Err(RefusalCode::TooManyLines));
}

#[test]
fn an_order_is_priced_when_every_line_is() {
    let unpriced = place(place_order(vec![priced("abc", 1, 100), line("tea", 1)])).unwrap();
    assert!(!unpriced.is_priced());
    assert_eq!(unpriced.totals().subtotal, Amount::new(100));
    assert!(place(two_lines()).unwrap().is_priced());
}

/// Returns a line of ten units, of which three are cancelled, five shipped, four delivered, two expected
/// back, one of them returned and restocked, and one lost.
fn busy() -> OrderLine {
    let mut line = place(place_order(vec![priced("abc", 10, 100)]))
        .unwrap()
        .lines()[0]
        .clone();
    line.cancelled = 3;
    line.shipped = 5;
    line.delivered = 4;
    line.return_requested = 2;
    line.returned = 1;
    line.restocked = 1;
    line.lost = 1;
    line
}

#[test]
fn a_line_counts_its_units() {
    let line = busy();
    assert_eq!(line.remaining(), 7);
    assert_eq!(line.unshipped(), 2);
    assert_eq!(line.returnable(), 2);
    assert_eq!(
        line.units_to_reserve(),
        7,
        "seven remaining, plus one lost, minus one restocked"
    );
    assert_eq!(line.units_out(), 5, "five shipped, one lost, one restocked");
    assert_eq!(line.total(), Amount::new(700));
}

#[test]
fn counts_that_cannot_be_are_noticed_each_by_itself() {
    assert!(busy().counts_hold());
    let broken = |change: fn(&mut OrderLine)| {
        let mut line = busy();
        change(&mut line);
        !line.counts_hold()
    };
    assert!(!broken(|line| line.shipped = 7), "all that is ordered");
    assert!(broken(|line| line.shipped = 8));
    assert!(broken(|line| line.cancelled = 6));
    assert!(!broken(|line| line.delivered = 5));
    assert!(broken(|line| line.delivered = 6));
    assert!(!broken(|line| line.return_requested = 5));
    assert!(broken(|line| line.return_requested = 6));
    assert!(!broken(|line| line.returned = 2));
    assert!(broken(|line| line.returned = 3));
    assert!(broken(|line| line.restocked = 2));
}

#[test]
fn units_of_a_sku_are_added_up_and_none_are_left_out() {
    let merged = merge_by_sku([
        units("tea", 1),
        units("abc", 2),
        units("none", 0),
        units("tea", 3),
    ]);
    assert_eq!(merged, [units("abc", 2), units("tea", 4)]);
}

#[test]
fn planned_units_are_not_open_until_they_are_dropped() {
    let given = Given::placed(two_lines())
        .processing()
        .execute(crate::given::plan(vec![units("tea", 1)]))
        .execute(crate::given::plan(vec![units("tea", 1), units("abc", 1)]));
    let open = |given: &Given| {
        let order = &given.order;
        let lines = order.lines().iter();
        lines.map(|one| order.open_units(one)).collect::<Vec<_>>()
    };
    assert_eq!(given.order.planned_units(LineNo::new(2)), 2);
    assert_eq!(open(&given), [1, 1]);
    let given = given.execute(Command::RecallFulfillment {
        fulfillment: crate::given::FIRST,
    });
    assert_eq!(open(&given), [1, 2]);
    let given = given.execute(ship(vec![units("tea", 2)]));
    assert_eq!(open(&given), [1, 0]);
}

#[test]
fn what_an_order_says_of_its_goods_is_what_its_lines_come_to() {
    let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    let ctx = Context::new(&policy, noon(), &actor);
    let request = place_order(vec![priced("abc", 2, 1_000), priced("tea", 3, 50)]);
    let command = Command::PlaceOrder(Box::new(request));
    let order = decide_new(&command, &ctx).unwrap().order;
    let lines: Vec<Amount> = order.lines().iter().map(|line| line.total()).collect();
    assert_eq!(lines, [Amount::new(2_000), Amount::new(150)]);
    assert_eq!(order.totals().subtotal, Amount::new(2_150));
    assert!(order.adjustments().is_empty() && order.labels().is_empty());
}
