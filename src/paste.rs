//! stub
use crate::secret::Secret;
use crate::error_line::ErrorLine;
pub struct Paste { pub outcome: Outcome, pub errors: Vec<ErrorLine>, pub notes: Vec<String> }
pub enum Outcome { Tokens(Vec<Found>), Claims(Claims), Rejected(Rejection), None }
pub struct Found { pub token: Secret, pub carrier: Carrier, pub repairs: Vec<Repair> }
pub struct Carrier; impl Carrier { pub fn name(&self) -> String { String::new() } }
pub struct Repair; impl Repair { pub fn name(&self) -> &'static str { "" } }
pub struct Claims { pub json: serde_json::Map<String, serde_json::Value> }
pub struct Rejection { pub rule: &'static str, pub say: String, pub next: String }
pub fn read(_: &[u8]) -> Paste { Paste { outcome: Outcome::None, errors: vec![], notes: vec![] } }
pub fn cookie_suffix(_: &str) -> String { String::new() }
impl Paste { pub fn prefer_cookie_suffix(&mut self, _: &str) {} }
