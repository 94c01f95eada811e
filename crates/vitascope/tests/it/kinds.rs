//! Every kind of file: a table of inputs with what each must become. Each is made by FFmpeg, uploaded to the real server,
//! encoded, and every rung of it is decoded again and looked at and listened to.
//!
//! The picture of most rows has a red, a green, a blue and a yellow corner and goes white in its middle after one second;
//! the sound of most rows is silent for that second and a tone from then on. So one look tells whether it is upright, has its colours and
//! is in step.

mod check;
mod colours;
mod containers;
mod joined;
mod measure;
mod pictures;
mod row;
mod sounds;
