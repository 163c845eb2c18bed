// SPDX-License-Identifier: Apache-2.0

//! What the experiment must show to count as a success.

use super::outcome::{Copied, Pay, Subnet};
use super::scenario::Form;

/// Why it is none.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Failure {
	#[error("subnet {netuid} has paid one of the two nothing")]
	Unpaid { netuid: u16 },
	#[error("the two were paid {paid:?} rao and their stake grew by {grown:?}")]
	Astray { paid: Pay, grown: Pay },
	#[error("{} with a bonds penalty of {penalty:.2}: the early validator earns {ratio:.3} times as much as its copier, which is not more", form.name())]
	CopyingPays { form: Form, penalty: f64, ratio: f64 },
}

/// The first thing that is not as it should be: all pay has arrived, and where bonds move at a pace of their own and what is
/// above consensus buys any, the early validator has earned more.
pub fn check(copied: &Copied) -> Result<(), Failure> {
	let Copied { paid, grown, subnets, .. } = copied;
	if paid != grown {
		return Err(Failure::Astray { paid: *paid, grown: *grown });
	}
	subnets.iter().try_for_each(check_subnet)
}

fn check_subnet(subnet: &Subnet) -> Result<(), Failure> {
	let Subnet { netuid, form, penalty, earned, ratio, .. } = *subnet;
	if earned.early == 0 || earned.copier == 0 {
		return Err(Failure::Unpaid { netuid });
	}
	if form == Form::LiquidAlpha && penalty < 1.0 && ratio <= 1.0 {
		return Err(Failure::CopyingPays { form, penalty, ratio });
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::super::tests::copied;
	use super::*;

	/// The example with other pay for one form and penalty.
	fn with(form: Form, penalty: f64, earned: Pay) -> Result<(), Failure> {
		let mut copied = copied();
		let mut subnets = copied.subnets.iter_mut();
		let subnet = subnets.find(|subnet| subnet.form == form && (subnet.penalty - penalty).abs() < 0.01);
		let subnet = subnet.expect("it is tried");
		(subnet.earned, subnet.ratio) = (earned, earned.ratio());
		check(&copied)
	}

	#[test]
	fn an_early_validator_that_earns_more_is_a_success() {
		assert_eq!(check(&copied()), Ok(()));
	}

	#[test]
	fn a_copier_that_earns_as_much_is_a_failure_where_being_early_must_pay() {
		let even = Pay { early: 7, copier: 7 };
		assert!(matches!(with(Form::LiquidAlpha, 0.75, even), Err(Failure::CopyingPays { .. })));
		assert!(matches!(with(Form::LiquidAlpha, 0.0, even), Err(Failure::CopyingPays { .. })));
		for form in Form::ALL {
			assert_eq!(with(form, 1.0, Pay { early: 6, copier: 7 }), Ok(()));
		}
		assert_eq!(with(Form::LiquidAlphaAsIs, 0.0, Pay { early: 6, copier: 7 }), Ok(()));
	}

	#[test]
	fn nothing_earned_shows_nothing() {
		let nothing = Pay { early: 7, copier: 0 };
		assert!(matches!(with(Form::Yuma2, 0.0, nothing), Err(Failure::Unpaid { .. })));
		assert!(matches!(with(Form::LiquidAlpha, 0.0, Pay::default()), Err(Failure::Unpaid { .. })));
	}

	#[test]
	fn pay_that_does_not_arrive_is_a_failure() {
		let mut copied = copied();
		copied.grown.early -= 1;
		assert!(matches!(check(&copied), Err(Failure::Astray { .. })));
	}
}
