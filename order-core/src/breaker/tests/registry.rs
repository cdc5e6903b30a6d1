//! The registry: one circuit for each storefront and service, bounded in number.

use super::{at, policy};
use crate::breaker::{BreakerRegistry, BreakerState, Outcome};
use crate::dependency::Dependency;
use crate::time::Timestamp;
use crate::value::StorefrontId;

fn shop(name: &str) -> StorefrontId {
    StorefrontId::parse(name).unwrap()
}

fn fail_at(breakers: &BreakerRegistry, storefront: &str, now: Timestamp) {
    for _ in 0..3 {
        let permit = breakers.try_acquire(&shop(storefront), Dependency::Payments, now);
        permit.unwrap().finish(Outcome::Failure, now);
    }
}

#[test]
fn a_circuit_is_of_one_storefront_and_one_service() {
    let breakers = BreakerRegistry::new(policy());
    fail_at(&breakers, "a", at(0));
    let open = |storefront, dependency| {
        breakers
            .try_acquire(&shop(storefront), dependency, at(0))
            .is_err()
    };
    assert!(open("a", Dependency::Payments));
    assert!(!open("a", Dependency::Shipping));
    assert!(!open("b", Dependency::Payments));
    let expected = (shop("a"), Dependency::Payments);
    let all: Vec<_> = breakers.tripped(at(0)).into_keys().collect();
    assert_eq!(all, [expected]);
    assert_eq!(
        breakers.state(&shop("b"), Dependency::Payments, at(0)),
        BreakerState::Closed
    );
}

#[test]
fn a_service_can_have_a_policy_of_its_own() {
    let breakers = BreakerRegistry::new(policy())
        .with(Dependency::Notifications, policy().with_consecutive(1));
    for (dependency, open) in [
        (Dependency::Notifications, true),
        (Dependency::Customers, false),
    ] {
        let permit = breakers.try_acquire(&shop("a"), dependency, at(0)).unwrap();
        permit.finish(Outcome::Failure, at(0));
        assert_eq!(
            breakers.try_acquire(&shop("a"), dependency, at(0)).is_err(),
            open,
            "{dependency}"
        );
    }
}

#[test]
fn storefronts_are_bounded_and_those_that_fail_are_kept() {
    let breakers = BreakerRegistry::new(policy()).with_storefronts(3);
    fail_at(&breakers, "failing", at(0));
    for n in 0..100 {
        let permit =
            breakers.try_acquire(&shop(&format!("s{n}")), Dependency::Customers, at(n + 1));
        permit.unwrap().finish(Outcome::Success, at(n + 1));
        assert!(breakers.len() <= 3);
    }
    assert!(
        breakers
            .try_acquire(&shop("failing"), Dependency::Payments, at(101))
            .is_err()
    );
    for n in 0..5 {
        fail_at(&breakers, &format!("f{n}"), at(200 + n));
        assert!(breakers.len() <= 3);
    }
    let kept: Vec<_> = breakers
        .tripped(at(205))
        .into_keys()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(kept, [shop("f2"), shop("f3"), shop("f4")]);
}
