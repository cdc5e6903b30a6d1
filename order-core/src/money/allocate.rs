//! [`allocate`]: splitting an amount into parts that sum to it exactly.

use std::cmp::Reverse;

use super::{Amount, MoneyError};

/// Splits an amount in proportion to weights; the parts are in the order of the weights and sum to
/// the whole.
///
/// Uses the largest remainder method (Hamilton's): each part gets the whole units of its exact
/// share, and the remaining units go one each to the parts with the largest fractions. Among equal
/// fractions the earlier part comes first, so that the same input always gives the same split. Each
/// part is less than one unit from its exact share, a part of weight zero gets nothing, and a
/// negative amount splits as the mirror image of the positive one.
///
/// # Errors
///
/// [`MoneyError::NothingToAllocateBy`] if there are no weights or all of them are zero, even for an
/// amount of zero.
///
/// ```
/// use order_core::money::{Amount, MoneyError, allocate};
///
/// // A discount of 10.00 over lines worth 50.00, 30.00 and 39.99.
/// let parts = allocate(Amount::new(-1_000), &[5_000, 3_000, 3_999])?;
/// assert_eq!(parts, [Amount::new(-417), Amount::new(-250), Amount::new(-333)]);
///
/// assert_eq!(allocate(Amount::new(1), &[0, 0]), Err(MoneyError::NothingToAllocateBy));
/// # Ok::<(), MoneyError>(())
/// ```
pub fn allocate(amount: Amount, weights: &[u64]) -> Result<Vec<Amount>, MoneyError> {
    let total: u128 = weights.iter().copied().map(u128::from).sum();
    if total == 0 {
        return Err(MoneyError::NothingToAllocateBy);
    }

    // At most 2^63 times a weight below 2^64: the product fits into 128 bits without a sign.
    let magnitude = u128::from(amount.minor().unsigned_abs());
    let mut shares: Vec<Share> = weights
        .iter()
        .map(|&weight| Share::floor(magnitude * u128::from(weight), total))
        .collect();

    // There are fewer units left than remainders above zero, so a weight of zero never gets one.
    let mut left_over = magnitude - shares.iter().map(|share| share.units).sum::<u128>();
    let mut by_remainder: Vec<&mut Share> = shares.iter_mut().collect();
    by_remainder.sort_by_key(|share| Reverse(share.remainder));
    for share in by_remainder {
        if left_over == 0 {
            break;
        }
        share.units += 1;
        left_over -= 1;
    }

    shares
        .iter()
        .map(|share| share.signed_like(amount))
        .collect()
}

/// A part during the computation, without its sign.
struct Share {
    units: u128,
    remainder: u128,
}

impl Share {
    fn floor(product: u128, total: u128) -> Self {
        Self {
            units: product / total,
            remainder: product % total,
        }
    }

    fn signed_like(&self, whole: Amount) -> Result<Amount, MoneyError> {
        let units = i128::try_from(self.units).map_err(|_| MoneyError::Overflow)?;
        Amount::try_from(if whole.is_negative() { -units } else { units })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(minor: i64, weights: &[u64]) -> Vec<i64> {
        let parts = allocate(Amount::new(minor), weights).unwrap();
        parts.into_iter().map(Amount::minor).collect()
    }

    #[test]
    fn equal_remainders_go_to_the_earlier_parts() {
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(101, &[1, 1, 1]), [34, 34, 33]);
        assert_eq!(split(2, &[7, 7, 7, 7]), [1, 1, 0, 0]);
    }

    #[test]
    fn equal_remainders_keep_their_order_among_many_parts() {
        // The heavier fifty all have the same remainder, and thirty units are left for them.
        let weights = [1, 4].repeat(50);
        let expected: Vec<i64> = (0..100)
            .map(|at| i64::from(at % 2 == 1 && at < 60))
            .collect();
        assert_eq!(split(30, &weights), expected);
    }

    #[test]
    fn the_largest_remainder_comes_first_wherever_it_stands() {
        // Exact shares are 1.4, 1.8 and 3.8.
        assert_eq!(split(7, &[7, 9, 19]), [1, 2, 4]);
        // Exact shares are 2.5, 1.75 and 0.75.
        assert_eq!(split(5, &[10, 7, 3]), [2, 2, 1]);
    }

    #[test]
    fn a_negative_amount_is_the_mirror_image() {
        assert_eq!(split(-100, &[1, 1, 1]), [-34, -33, -33]);
    }

    #[test]
    fn a_weight_of_zero_gets_nothing() {
        assert_eq!(split(1, &[0, 3, 0, 3]), [0, 1, 0, 0]);
    }

    #[test]
    fn zero_is_split_into_zeros() {
        assert_eq!(split(0, &[1, 2]), [0, 0]);
    }

    #[test]
    fn without_a_weight_there_is_nothing_to_go_by() {
        for weights in [&[][..], &[0], &[0, 0]] {
            assert_eq!(
                allocate(Amount::ZERO, weights),
                Err(MoneyError::NothingToAllocateBy)
            );
        }
    }

    #[test]
    fn the_greatest_numbers_fit() {
        assert_eq!(split(i64::MIN, &[u64::MAX]), [i64::MIN]);
        assert_eq!(
            split(i64::MIN, &[u64::MAX, u64::MAX]),
            [i64::MIN / 2, i64::MIN / 2]
        );
        assert_eq!(split(i64::MAX, &[u64::MAX, 0, 0]), [i64::MAX, 0, 0]);
    }

    /// Weights of very different sizes, at least one of them above zero.
    fn weights() -> impl Strategy<Value = Vec<u64>> {
        let weight = prop_oneof![Just(0), 1..10_u64, 1..1_000_000_u64, any::<u64>()];
        prop::collection::vec(weight, 1..12)
            .prop_filter("a weight", |weights| weights.iter().any(|&w| w > 0))
    }

    fn minors() -> impl Strategy<Value = i64> {
        prop_oneof![-100..100_i64, -1_000_000..1_000_000_i64, any::<i64>()]
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole(minor in minors(), weights in weights()) {
            let parts = allocate(Amount::new(minor), &weights).unwrap();
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(Amount::try_sum(parts), Ok(Amount::new(minor)));
        }

        #[test]
        fn each_part_is_within_a_unit_of_its_exact_share(minor in minors(), weights in weights()) {
            let total: u128 = weights.iter().copied().map(u128::from).sum();
            let magnitude = u128::from(minor.unsigned_abs());
            let parts = allocate(Amount::new(minor), &weights).unwrap();
            for (part, &weight) in parts.into_iter().zip(&weights) {
                prop_assert!(part.minor().signum() * minor.signum() >= 0);
                let floor = magnitude * u128::from(weight) / total;
                let exact = magnitude * u128::from(weight) % total == 0;
                let units = u128::from(part.minor().unsigned_abs());
                prop_assert!(units == floor || (!exact && units == floor + 1));
            }
        }

        #[test]
        fn a_greater_weight_never_gets_less(minor in 0..i64::MAX, weights in weights()) {
            let parts = allocate(Amount::new(minor), &weights).unwrap();
            for (left, &left_weight) in parts.iter().zip(&weights) {
                for (right, &right_weight) in parts.iter().zip(&weights) {
                    prop_assert!(left_weight <= right_weight || left >= right);
                }
            }
        }

        #[test]
        fn both_signs_split_alike(minor in 0..i64::MAX, weights in weights()) {
            let negative = allocate(Amount::new(-minor), &weights).unwrap();
            let mirrored: Result<Vec<_>, _> = negative.into_iter().map(Amount::negated).collect();
            prop_assert_eq!(mirrored, allocate(Amount::new(minor), &weights));
        }
    }
}
