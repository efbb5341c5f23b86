"""What a customer is called, once he tells."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.customers import rules
from inbox.customers.lookup import party_of
from inbox.customers.models import Customer, Identity


def learn(session: Session, customer_id: int, name: str) -> bool:
    """Call a customer by the name he told, if the one he has was only made of an address; True if it was."""
    name = " ".join(name.split())[:200]
    customer = session.execute(
        select(Customer)
        .where(Customer.id == customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()
    if not name or customer is None or customer.name == name:
        return False
    identities = session.scalars(select(Identity).where(Identity.customer_id == customer_id))
    if not rules.is_made_up(
        customer.name, [party_of(each).model_copy(update={"name": ""}) for each in identities]
    ):
        return False
    customer.name, customer.sort_name = name, rules.sort_name(name)
    session.flush()
    return True
