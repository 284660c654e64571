//! stub
#[derive(Debug)]
pub struct ErrorLine {
    pub known: &'static Known,
}
#[derive(Debug)]
pub struct Known {
    pub pattern: &'static str,
    pub who: &'static str,
    pub meaning: &'static str,
    pub rules: &'static [&'static str],
    pub fix: &'static str,
}
impl ErrorLine {
    pub fn evidence(&self) -> Vec<String> {
        vec![]
    }
}
pub fn recognise(_: &str) -> Vec<ErrorLine> {
    vec![]
}
