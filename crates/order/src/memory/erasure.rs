//! What goes of people who are erased (rule 30): what in their orders tells of them. Amounts, lines, dates and stores stay.

use regulars_kernel::{MerchantId, PersonId};

use super::Memory;

/// Of how many orders, reasons of refunds among them, and of how many of their lines something went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Orders.
    pub orders: usize,
    /// Lines of orders.
    pub items: usize,
}

impl Memory {
    /// Empties the phone number, the place of delivery, the merchant's own fields and the reasons of refunds of a person's orders, and the fields of their lines, at
    /// a merchant or at each.
    pub fn empty_orders(&self, person: PersonId, merchant: Option<MerchantId>) -> Emptied {
        let mut rows = self.rows();
        let mut emptied = Emptied::default();
        let mut own = Vec::new();
        for order in rows.orders.values_mut() {
            let there = merchant.is_none_or(|merchant| merchant == order.merchant);
            if order.consumer != Some(person) || !there {
                continue;
            }
            own.push(order.id);
            let told = [
                order.phone_number.take(),
                order.delivery_location.take(),
                order.extra_info.take(),
            ];
            emptied.orders += usize::from(told.iter().any(Option::is_some));
        }
        for refund in rows.refunds.values_mut().filter(|refund| own.contains(&refund.order)) {
            emptied.orders += usize::from(refund.reason.take().is_some());
        }
        for item in rows.items.values_mut().filter(|item| own.contains(&item.order)) {
            emptied.items += usize::from(item.extra_info.take().is_some());
        }
        emptied
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use regulars_kernel::{Currency, Money, OrderId, OrderItemId, StoreId, Timestamp};

    use super::*;
    use crate::{Order, OrderItem};

    const ADA: PersonId = PersonId::new(7);

    #[test]
    fn rule_30_what_tells_of_a_buyer_goes_and_the_sale_stays() {
        let memory = Memory::new();
        let total = Money::new(700, Currency::EUR);
        let day = NaiveDate::from_ymd_opt(2026, 11, 26).unwrap();
        let sale = |number: i64, merchant: i64, consumer| {
            let place = (MerchantId::new(merchant), StoreId::new(merchant));
            let at = Timestamp::from_seconds(0);
            let plain = Order::sale(OrderId::new(number), place, total, day, at);
            let order = Order {
                consumer,
                phone_number: Some("+4915123000777".to_owned()),
                delivery_location: Some("Quaggasse 1".to_owned()),
                extra_info: Some("{}".to_owned()),
                ..plain.clone()
            };
            let line = OrderItem::new(OrderItemId::new(number), &order, "Tea", 1, total);
            memory.put_order(order.clone());
            memory.put_item(OrderItem { extra_info: Some("{}".to_owned()), ..line.clone() });
            (order, Order { consumer, ..plain }, line)
        };
        let (_, first, line) = sale(1, 1, Some(ADA));
        let (_, second, _) = sale(2, 2, Some(ADA));
        let (nobodys, _, _) = sale(3, 1, None);
        let one = Emptied { orders: 1, items: 1 };
        assert_eq!(memory.empty_orders(ADA, Some(MerchantId::new(1))), one);
        assert_eq!(memory.empty_orders(ADA, None), one, "another merchant's were its own");
        assert_eq!(memory.empty_orders(ADA, None), Emptied::default(), "once more finds nothing");
        let rows = memory.rows();
        let orders: Vec<_> = rows.orders.values().cloned().collect();
        assert_eq!(orders, [first, second, nobodys]);
        assert_eq!(rows.items.values().next(), Some(&line));
    }
}
