//! Tables for the terminal.

use regulars_kernel::OrderId;
use regulars_loyalty::Available;
use regulars_order::{Order, OrderItem};

/// Each promotion with what stands against it: a stable code for programs, a sentence for people.
pub fn promotions(title: &str, offered: &[Available]) {
    println!("\n{title}");
    for Available { promotion, eligibility } in offered {
        println!("  {} {}", if eligibility.available() { "yes" } else { " no" }, promotion.name());
        for reason in &eligibility.reasons {
            println!("        {reason} [{}]", reason.code());
        }
    }
}

/// Orders, newest first, with their lines.
pub fn history(title: &str, orders: &[Order], items: &[(OrderId, Vec<OrderItem>)]) {
    println!("\n{title}");
    for order in orders {
        let when = order.completed_at.map(|at| at.to_utc().format("%F %R").to_string());
        let lines = items.iter().filter(|(of, _)| *of == order.id).flat_map(|(_, lines)| lines);
        let lines: Vec<_> =
            lines.map(|line| format!("{} × {}", line.quantity, line.name)).collect();
        let (when, total) = (when.unwrap_or_default(), order.total.to_string());
        let currency = order.total.currency().code();
        println!("  {when} UTC  {}  {total:>6} {currency}  {}", order.number, lines.join(", "));
    }
}
