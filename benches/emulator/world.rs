//! What fills an account, and the lists that are read: service and fields of requests in AWS's query protocol.

/// A service by the name that it has in a signature.
pub type Request = (&'static str, String);

/// A list of an account.
pub struct List {
    pub operation: &'static str,
    service: &'static str,
    /// The field of an answer, and of the next request, that leads to the next page.
    marker: &'static str,
    /// The element that each object has once.
    object: &'static str,
}

pub const GROUPS: List =
    List { operation: "DescribeReplicationGroups", service: "elasticache", marker: "Marker", object: "Description" };
pub const CLUSTERS: List =
    List { operation: "DescribeCacheClusters", service: "elasticache", marker: "Marker", object: "CacheClusterStatus" };
pub const ALARMS: List =
    List { operation: "DescribeAlarms", service: "monitoring", marker: "NextToken", object: "AlarmName" };

/// A group of one node.
pub fn group(number: usize) -> Request {
    let fields = format!(
        "Action=CreateReplicationGroup&ReplicationGroupId=g{number:05}&ReplicationGroupDescription=d&\
         CacheNodeType=cache.t3.micro&Engine=redis"
    );
    ("elasticache", fields)
}

pub fn alarm(number: usize) -> Request {
    let fields = format!(
        "Action=PutMetricAlarm&AlarmName=a{number:05}&MetricName=CPUUtilization&Namespace=AWS/ElastiCache&\
         Statistic=Average&Period=300&EvaluationPeriods=2&Threshold=80&ComparisonOperator=GreaterThanThreshold"
    );
    ("monitoring", fields)
}

/// The version of a service's API.
pub fn version(service: &str) -> &'static str {
    match service {
        "ec2" => "2016-11-15",
        "monitoring" => "2010-08-01",
        _ => "2015-02-02",
    }
}

/// The header by which an emulator tells the service.
pub fn authorization(service: &str) -> String {
    let scope = format!("123456789012/20270115/us-east-1/{service}/aws4_request");
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
}

/// What the answers to a list said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    pub objects: usize,
    pub bytes: usize,
}

impl List {
    /// Reads the list page by page, 100 objects at a time, if the server has pages.
    pub fn read(&self, mut send: impl FnMut(&Request) -> String) -> Told {
        let Self { operation, service, marker, object } = *self;
        let (mut told, mut next) = (Told::default(), String::new());
        loop {
            let answer = send(&(service, format!("Action={operation}&MaxRecords=100{next}")));
            told.objects += answer.matches(&format!("</{object}>")).count();
            told.bytes += answer.len();
            match text(&answer, marker) {
                Some(token) => next = format!("&{marker}={}", escaped(token)),
                None => return told,
            }
        }
    }
}

/// What stands in the first element of a name, unless there is nothing.
fn text<'a>(answer: &'a str, element: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(&format!("<{element}>"))?;
    rest.split('<').next().filter(|text| !text.is_empty())
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
