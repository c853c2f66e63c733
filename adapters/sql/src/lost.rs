//! What [`StoreError::Lost`] names, so that a caller can tell what to do next.
//!
//! [`StoreError::Lost`]: countersign::ports::StoreError::Lost

/// The event was handled already.
pub const EVENT: &str = "the event";
/// The conversation's context has another version.
pub const CONVERSATION: &str = "the conversation";
/// A request with this id exists.
pub const REQUEST: &str = "the request";
/// The approval has another version, or its id exists.
pub const APPROVAL: &str = "the approval";
/// The typed code is taken by an approval that waits: make another code.
pub const APPROVAL_CODE: &str = "the approval code";
/// The authority was used for this step already.
pub const GRANT: &str = "the grant";
/// The run has another version, or its id exists.
pub const RUN: &str = "the run";
/// The standing grant has another version, or its code is taken.
pub const STANDING: &str = "the standing grant";
/// The trial has another version, or its code is taken.
pub const TRIAL: &str = "the trial";
/// A policy, a rule or a halt was changed since it was asked.
pub const POLICY: &str = "the policy";
/// The run would be over a cap.
pub const CAPS: &str = "the count of devices";
/// One of the machines was asked since, or as many are under way as may be.
pub const INVENTORY: &str = "the inventory";
/// Another run is at work on the device.
pub const DEVICE: &str = "the device";
/// A head of the audit log over as many entries was signed already.
pub const HEAD: &str = "the signed head";
/// It was done already, by this process or another.
pub const ONCE: &str = "what is done once";
