//! Has a request answered: understood, checked against the service model, and carried out as far as faults let it.

use super::context::Context;
use super::failure::{Answer, Failure};
use super::faults::Verdict;
use super::identify::{self, Call, Protocol};
use super::input::Input;
use super::limits;
use super::model::Operation;
use super::paging;
use super::region::{Others, Region};
use super::reply;
use super::signature;
use super::time::Speed;
use super::wire::{self, cbor, json, query};
use super::world::{Quotas, World};
use super::{Delivery, Emulator, Options, Request, Response};
use serde_json::Value;

/// Answers a request to an AWS service.
pub fn handle(emulator: &Emulator, request: &Request) -> Delivery {
    if !["GET", "POST"].contains(&request.method.as_str()) {
        let response = Response { status: 405, headers: vec![("Allow".into(), "GET, POST".into())], body: Vec::new() };
        return response.into();
    }
    let Some(call) = identify::identify(request) else {
        let response = Response {
            status: 400,
            headers: vec![("Content-Type".into(), "text/plain".into())],
            body: b"The request names no AWS operation that this emulator could recognise.\n".to_vec(),
        };
        return response.into();
    };
    emulator.count(call.service, &call.operation);
    let (response, verdict) = match emulator.transact(|world, options| befall(emulator, world, options, &call, request))
    {
        Ok((id, now, answer, verdict)) => (reply::write(&call, &id, now, answer), verdict),
        Err(error) => {
            let failure = Failure::internal(format!("The world's file cannot be used: {error}"));
            (reply::write(&call, "0", 0, Err(failure)), Verdict::default())
        }
    };
    Delivery { response, delay: verdict.delay, dropped: verdict.dropped }
}

/// Carries a request out as far as the faults let it: its id, the time, the answer, and what befell it.
fn befall(
    emulator: &Emulator,
    world: &mut World,
    options: &Options,
    call: &Call,
    request: &Request,
) -> (String, u64, Answer, Verdict) {
    let now = world.now(&*options.clock);
    let id = world.request_id(now);
    // SDKs correct their clocks by the date of the last answer, which is the emulator's own time.
    let clocks = [options.clock.now_ms(), now];
    let refusal = options.credentials.as_ref().and_then(|known| signature::refusal(known, call, request, clocks));
    if let Some(refusal) = refusal {
        // Whoever is not let in meets no faults.
        return (id, now, Err(refusal), Verdict::default());
    }
    let mut faults = emulator.shared.faults.lock().expect("faults");
    let verdict = faults.strike(call.service, &call.operation, now);
    let oldest = faults.oldest_ms();
    drop(faults);
    if let Some(refusal) = verdict.refusal.clone() {
        return (id, now, Err(refusal), verdict);
    }
    if verdict.lost {
        return (id, now, Ok(Value::Null), verdict);
    }
    let surroundings = (options.speed, world.settings().quotas);
    let answer = match call.model.operations.get(&call.operation) {
        _ if call.refusal.is_some() => Err(call.refusal.clone().unwrap_or_else(|| unknown(call))),
        Some(operation) => understand(call, operation, request).and_then(|value| {
            let mut past = emulator.shared.past.lock().expect("past");
            world.in_account(&call.account, &call.region, |regions| {
                super::lifecycle::settle(regions, now, options.speed, surroundings.1);
                regions.values_mut().for_each(|region| region.stage());
                let Some(region) = regions.remove(&call.region) else { return Err(unknown(call)) };
                if let Some(oldest) = oldest {
                    past.keep(&call.account, &call.region, region, now, oldest);
                }
                let old = verdict.stale_ms.filter(|_| call.reads());
                let old = old.and_then(|age| past.at(&call.account, &call.region, now.saturating_sub(age)));
                let answer = match old {
                    Some(mut old) => perform((&mut old, regions), surroundings, call, operation, &value, now),
                    None => perform((region, regions), surroundings, call, operation, &value, now),
                };
                regions.insert(call.region.clone(), region);
                answer
            })
        }),
        None => Err(unknown(call)),
    };
    // The model's word on a code's HTTP status is the last one.
    let answer = answer.map_err(|failure| {
        let status = call.model.errors.get(&failure.code).copied().unwrap_or(failure.status);
        Failure { status, ..failure }
    });
    (id, now, answer, verdict)
}

/// The members of a request, as far as the service model allows them.
fn understand(call: &Call, operation: &Operation, request: &Request) -> Answer {
    let shape = operation.input.as_deref();
    let value = match call.protocol {
        Protocol::Query | Protocol::Ec2 => query::parse(call.model, shape, &call.fields)?,
        Protocol::Json(_) => json::decode(call.model, shape, &request.body)?,
        Protocol::Cbor => cbor::decode(call.model, shape, &request.body)?,
    };
    let Some(shape) = shape else { return Ok(value) };
    if let (Protocol::Json(_) | Protocol::Cbor, Some(path)) = (call.protocol, wire::misfit(call.model, shape, &value)) {
        let (path, want) = path.rsplit_once('.').unwrap_or(("the request", &path));
        return Err(Failure::new("SerializationException", format!("{path} is not {want}.")));
    }
    limits::check(call.registered().wording, call.model, shape, &value)?;
    paging::unmark(&call.operation, value)
}

fn perform(
    (region, others): (&mut Region, &mut Others),
    (speed, quotas): (Speed, Quotas),
    call: &Call,
    operation: &Operation,
    value: &Value,
    now: u64,
) -> Answer {
    let input = Input(value);
    let (account, region_name) = (call.account.as_str(), call.region.as_str());
    let mut context = Context { region, others, account, region_name, now, speed, quotas };
    let mut answer = carry_out(&mut context, call, input);
    let regions = std::iter::once(&mut *context.region).chain(context.others.values_mut().map(|region| &mut **region));
    match &mut answer {
        Ok(value) => {
            paging::mark(&call.operation, value);
            if let (true, Some(output)) = (cfg!(debug_assertions), &operation.output) {
                let strays = wire::strays(call.model, output, value);
                assert!(strays.is_empty(), "{} answers with {strays:?}", call.operation);
            }
            regions.for_each(Region::stage);
        }
        Err(_) => regions.for_each(Region::rollback),
    }
    answer
}

fn carry_out(context: &mut Context, call: &Call, input: Input) -> Answer {
    let service = call.registered();
    (service.first)(input)?;
    let operation = service.operations().find(|operation| operation.name == call.operation);
    (operation.ok_or_else(|| unknown(call))?.call)(context, input)
}

fn unknown(call: &Call) -> Failure {
    match call.protocol {
        Protocol::Query => identify::no_operation(&call.operation, &call.model.version),
        Protocol::Ec2 => {
            Failure::new("InvalidAction", format!("The action {} is not valid for this web service.", call.operation))
        }
        _ => Failure::new("UnknownOperationException", format!("The operation {} is not known.", call.operation)),
    }
}
