"""Arguments and answers with a form: dataclasses instead of dictionaries."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import List


class Shipping(Enum):
    STANDARD = 'standard'
    EXPRESS = 'express'

    @property
    def days(self) -> int:
        return 1 if self is Shipping.EXPRESS else 4


@dataclass
class Item:
    name: str
    price: float
    count: int = 1


@dataclass
class Order:
    items: List[Item]
    day: date
    shipping: Shipping = Shipping.STANDARD


@dataclass
class Receipt:
    total: float
    arrives: date
    lines: List[str] = field(default_factory=list)


class OrderEntrypoint:
    def perform(self, order: Order) -> Receipt:
        """What an order costs, and when it comes."""
        return Receipt(
            total=sum(item.price * item.count for item in order.items),
            arrives=order.day + timedelta(days=order.shipping.days),
            lines=[f'{item.count} x {item.name}' for item in order.items],
        )

    def docs_input_example(self):
        items = [{'name': 'tea', 'price': 4.5, 'count': 2}, {'name': 'cup', 'price': 7}]
        return {'order': {'items': items, 'day': '2026-02-27', 'shipping': 'express'}}
