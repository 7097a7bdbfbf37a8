mod end_of_input;
mod failure;
mod options;
mod property;
mod protocol;
mod requests;
mod rig;
mod schedule;
