//! Dashboards.

use aws_sdk_cloudwatch::types::DashboardEntry;

use super::args::{Input, unknown_operation, without_secrets};
use super::attrs::Attrs;
use super::clients::Clients;
use super::errors::fatal;
use super::paging::{at_most, pages};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply};
use crate::value::{Object, Value};

/// The dashboards of an account.
#[derive(Debug)]
pub(super) struct Dashboards(pub Place);

impl Remote for Dashboards {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async move {
            let clients = self.0.clients().await?;
            let clients = &*clients;
            let found = at_most(4, ids, |id| async move { Ok(get(clients, id).await?.map(|one| (id.clone(), one))) });
            Ok(self.0.located(found.await?.into_iter().flatten().collect()))
        })
    }

    fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { Err(fatal("NoTags", "the tags of dashboards are not read")) })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let service = &self.0.clients().await?.cloudwatch;
            let all = pages(|token| async move {
                let request = service.client.list_dashboards().set_next_token(token);
                let page = service.pace.send(|| request.clone().send()).await?;
                Ok((page.dashboard_entries.unwrap_or_default(), page.next_token))
            });
            Ok(names(&all.await?, DashboardEntry::dashboard_name))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            invoke(&clients, call).await.map_err(|error| without_secrets(missing(error), call))
        })
    }
}

/// "Not found" has two names, by the protocol.
fn missing(mut error: RemoteError) -> RemoteError {
    if ["ResourceNotFound", "DashboardNotFoundError"].contains(&error.code.as_str()) {
        error.class = ErrorClass::NotFound;
    }
    error
}

async fn get(clients: &Clients, name: &str) -> Result<Option<Observation>, RemoteError> {
    let service = &clients.cloudwatch;
    let request = service.client.get_dashboard().dashboard_name(name);
    let found = match service.pace.send(|| request.clone().send()).await.map_err(missing) {
        Err(error) if error.class == ErrorClass::NotFound => return Ok(None),
        found => found?,
    };
    let mut attrs = Attrs::default();
    attrs
        .text("id", Some(name))
        .text("dashboard_name", Some(name))
        .text("dashboard_arn", found.dashboard_arn())
        .text("dashboard_body", found.dashboard_body());
    Ok(Some(attrs.settled()))
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.cloudwatch;
    let mut input = Input::of(call);
    match call.operation {
        "PutDashboard" => {
            send!(service, input, put_dashboard {
                set_dashboard_name: text "DashboardName",
                set_dashboard_body: text "DashboardBody",
            });
        }
        "DeleteDashboards" => {
            send!(service, input, delete_dashboards {
                set_dashboard_names: texts "DashboardNames",
            });
        }
        _ => return Err(unknown_operation(call)),
    }
    Ok(Reply::new())
}
