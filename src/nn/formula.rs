//! The number of parameters as a readable sum.

use crate::nn::params::Slot;

/// The parameters of each module, rows times columns, followed by the module's name:
/// `64·(24 + 1) (embed) + 4·64·(64 + 64 + 2) (layer 1) + 24·(64 + 1) (head)`.
pub fn formula(slots: &[Slot]) -> String {
    let mut terms: Vec<(String, Vec<String>)> = Vec::new();
    for same in slots.chunk_by(|a, b| (module(&a.name), a.rows) == (module(&b.name), b.rows)) {
        let (label, term) = (label(&same[0].name), product(same));
        match terms.last_mut() {
            Some((last, terms)) if *last == label => terms.push(term),
            _ => terms.push((label, vec![term])),
        }
    }
    let named = |(label, terms): &(String, Vec<String>)| format!("{} ({label})", terms.join(" + "));
    terms.iter().map(named).collect::<Vec<_>>().join(" + ")
}

/// Parameters of one module with the same number of rows: `4·64·(24 + 64 + 2)`, the number of gates first.
fn product(slots: &[Slot]) -> String {
    let (rows, blocks) = (slots[0].rows, slots.iter().map(|slot| slot.blocks).max().unwrap_or(1));
    let vectors = slots.iter().filter(|slot| slot.vector).count();
    let mut columns: Vec<String> = slots.iter().filter(|slot| !slot.vector).map(|slot| slot.cols.to_string()).collect();
    columns.extend((vectors > 0).then(|| vectors.to_string()));
    let mut factors = if blocks > 1 { vec![blocks.to_string()] } else { Vec::new() };
    factors.push((rows / blocks).to_string());
    match &columns[..] {
        [one] if one == "1" => {}
        [one] => factors.push(one.clone()),
        several => factors.push(format!("({})", several.join(" + "))),
    }
    factors.join("·")
}

/// Splits a name such as `layers.0.self_attn.in_proj_weight` or `rnn.weight_ih_l0_reverse` after its module.
fn module(name: &str) -> (&str, &str) {
    let (path, parameter) = name.rsplit_once('.').unwrap_or(("", name));
    // Parameters of `torch.nn.RNN` and similar modules carry their layer; other names with an underscore carry only their kind.
    let kind = parameter.find("_l").filter(|at| parameter[at + 2..].starts_with(|c: char| c.is_ascii_digit()));
    (path, kind.map_or("", |at| &parameter[at + 2..]))
}

/// A readable name of the module: `layer 1`, `encoder, layer 1, reverse`, `head`.
fn label(name: &str) -> String {
    let (path, layer) = module(name);
    let mut words: Vec<String> = Vec::new();
    let mut numbered = false;
    let mut parts = path.split('.').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let number = parts.peek().and_then(|next| next.parse::<usize>().ok());
        match (part, number) {
            ("layers" | "blocks", Some(number)) => {
                words.push(format!("layer {}", number + 1));
                numbered = true;
                break;
            }
            _ if part.parse::<usize>().is_ok() => {}
            _ => words.push(part.to_owned()),
        }
    }
    if !layer.is_empty() && !numbered {
        words.retain(|word| word != "rnn");
        let (number, direction) = layer.split_once('_').unwrap_or((layer, ""));
        words.extend(number.parse::<usize>().ok().map(|number| format!("layer {}", number + 1)));
        words.extend((!direction.is_empty()).then(|| direction.to_owned()));
    }
    if words.is_empty() { name.to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Rng;
    use crate::nn::{Builder, Init};

    #[test]
    fn a_formula_groups_the_parameters_of_each_module() {
        let mut builder = Builder::new(Rng::new(0, 0), 1.0);
        let gates = [(8, Init::Zero); 4];
        builder.matrix("embed.weight".to_owned(), 8, 3, Init::Zero);
        builder.vector("embed.bias".to_owned(), &[(8, Init::Zero)], false);
        for end in ["l0", "l0_reverse"] {
            builder.matrix(format!("encoder.rnn.weight_ih_{end}"), 32, 8, Init::Zero);
            builder.stacked(format!("encoder.rnn.weight_hh_{end}"), 8, &gates);
            builder.vector(format!("encoder.rnn.bias_ih_{end}"), &gates, false);
            builder.vector(format!("encoder.rnn.bias_hh_{end}"), &gates, true);
        }
        builder.matrix("layers.1.mixer.in_proj.weight".to_owned(), 6, 5, Init::Zero);
        builder.vector("layers.1.norm.weight".to_owned(), &[(6, Init::Zero)], false);
        builder.matrix("pos_emb".to_owned(), 1, 4, Init::Zero);
        let params = builder.finish();
        let said = formula(params.slots());
        assert_eq!(
            said,
            "8·(3 + 1) (embed) + 4·8·(8 + 8 + 2) (encoder, layer 1) + 4·8·(8 + 8 + 2) (encoder, layer 1, reverse) + 6·5 + 6 (layer 2) \
             + 1·4 (pos_emb)"
        );
        assert_eq!(params.len(), 8 * 4 + 2 * 4 * 8 * 18 + 36 + 4);
    }
}
