//! Everything is bounded; the bounds that belong to no single module are here, each with its reason.

/// Longest message that is looked at, in bytes. Longer ones are answered with a hint. Slack cuts at
/// 40,000 characters; nobody asks for a disk cleanup in more than this.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024;

/// Calls in one plan. The longest plan in use is health of a device (3) or script plus ticket (2).
pub const CALLS_PER_PLAN_MAX: usize = 10;

/// Devices of one call; more is a job for the product's own scheduler, with its own safeguards.
pub const DEVICES_PER_CALL_MAX: usize = 200;

/// Bytes of script output kept per device; what is cut is said.
pub const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// Rows of a list that are shown in chat; the rest is counted.
pub const ROWS_SHOWN_MAX: usize = 20;
