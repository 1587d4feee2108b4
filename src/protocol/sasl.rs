//! STUB
#[derive(Debug, Clone)] pub struct Credentials;
#[derive(Debug, Clone, Copy, PartialEq, Eq)] pub struct Mechanism;
#[derive(Debug)] pub struct Exchange;
pub struct Response(pub String);
#[derive(Debug, Clone, PartialEq, Eq)] pub struct SaslError;
impl std::fmt::Display for SaslError { fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
impl Mechanism { pub fn name(self) -> &'static str { "X" } pub fn choose<'a>(_o: impl Iterator<Item=&'a str>, _c: &Credentials, _m: Option<Mechanism>, _t: bool) -> Option<Self> { None } }
impl Exchange { pub fn new(_m: Mechanism, _c: &Credentials, _n: String, _h: &str, _p: u16) -> Result<Self, SaslError> { Ok(Self) } pub fn initial(&self) -> Option<String> { None } pub fn respond(&mut self, _t: &str) -> Result<Response, SaslError> { Ok(Response(String::new())) } pub fn complete(&mut self, _t: &str) -> Result<(), SaslError> { Ok(()) } }
impl Credentials { pub fn password(_u: String, _p: String) -> Result<Self, SaslError> { Ok(Self) } pub fn token(_u: String, _p: String) -> Result<Self, SaslError> { Ok(Self) } }
impl Mechanism { pub fn parse(_n: &str) -> Option<Self> { None } }
