//! Judges transactions with Bitcoin Core's script interpreter, Taproot included. For tests only: JSON lines in, one
//! verdict a line out.
//!
//! In:  {"tx": hex, "inputs": [{"script": hex, "amount": satoshis}, …]}   the outputs that the inputs spend, in order
//! Out: {"ok": true} | {"ok": false, "input": index, "error": text} | {"ok": false, "error": text}

use bitcoinconsensus::{verify_with_flags, Utxo, VERIFY_ALL_PRE_TAPROOT, VERIFY_TAPROOT};
use serde_json::{json, Value};
use std::io::{self, BufRead, Write};

struct Spent {
    script: Vec<u8>,
    amount: u64,
}

fn from_hex(value: &Value) -> Result<Vec<u8>, String> {
    let text = value.as_str().ok_or("hex text is missing")?.as_bytes();
    if text.len() % 2 != 0 {
        return Err("odd number of hex digits".into());
    }
    let digit = |c: u8| (c as char).to_digit(16).ok_or("not a hex digit");
    text.chunks(2)
        .map(|pair| Ok((digit(pair[0])? * 16 + digit(pair[1])?) as u8))
        .collect()
}

fn parse(line: &str) -> Result<(Vec<u8>, Vec<Spent>), String> {
    let value: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let tx = from_hex(&value["tx"])?;
    let inputs = value["inputs"].as_array().ok_or("inputs is missing")?;
    let spent = inputs
        .iter()
        .map(|input| {
            Ok(Spent {
                script: from_hex(&input["script"])?,
                amount: input["amount"].as_u64().ok_or("amount is missing")?,
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    if spent.is_empty() {
        return Err("no inputs".into());
    }
    Ok((tx, spent))
}

fn judge(line: &str) -> Value {
    let (tx, spent) = match parse(line) {
        Ok(parsed) => parsed,
        Err(error) => return json!({"ok": false, "error": error}),
    };
    let outputs: Vec<Utxo> = spent
        .iter()
        .map(|s| Utxo {
            script_pubkey: s.script.as_ptr(),
            script_pubkey_len: s.script.len() as u32,
            value: s.amount as i64,
        })
        .collect();
    let flags = VERIFY_ALL_PRE_TAPROOT | VERIFY_TAPROOT;
    for (index, s) in spent.iter().enumerate() {
        if let Err(error) = verify_with_flags(&s.script, s.amount, &tx, Some(&outputs), index, flags) {
            return json!({"ok": false, "input": index, "error": format!("{:?}", error)});
        }
    }
    json!({"ok": true})
}

fn main() -> io::Result<()> {
    let out = io::stdout();
    let mut out = out.lock();
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", judge(&line?))?;
        out.flush()?;
    }
    Ok(())
}
