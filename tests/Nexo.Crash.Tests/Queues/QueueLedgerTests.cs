using Nexo.Crash.Ledger;
using Nexo.Crash.Queues;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Queues;

/// <summary>The verdict over queues: what the ledger must find, and what it must let pass.</summary>
public sealed class QueueLedgerTests
{
    private readonly LedgerOfOne _plain = new(new QueuePlan("plain") { DeliveriesMax = 3 });
    private readonly LedgerOfOne _moved = new(new QueuePlan("moved") { DeadHome = "graveyard" });

    [Fact]
    public void A_push_that_was_acknowledged_must_be_there()
    {
        TrackedMessage message = _plain.Push();

        Assert.Empty(_plain.AfterCrash(_plain.Alive(message)));
        Assert.Equal([FindingKind.Lost], _plain.AfterCrash());
    }

    [Fact]
    public void A_push_without_an_answer_may_be_there_or_not()
    {
        TrackedMessage there = _plain.Send();
        _plain.Send();

        Assert.Empty(_plain.AfterCrash(_plain.Alive(there, id: 1)));
        Assert.Equal([FindingKind.Lost], _plain.AfterCrash());
    }

    [Fact]
    public void What_nobody_pushed_is_found()
    {
        TrackedMessage other = new LedgerOfOne(new QueuePlan("plain")).Push();
        TrackedMessage message = _plain.Push();

        Assert.Empty(_plain.AfterCrash(_plain.Alive(message)));
        var stranger = new TrackedMessage(99, other.Queue, 30);
        Assert.Equal([FindingKind.Invented], _plain.AfterCrash(_plain.Alive(message), _plain.Alive(stranger)));
    }

    [Fact]
    public void A_message_in_two_places_is_found()
    {
        TrackedMessage message = _moved.Push();
        _moved.Settle(_moved.Deliver(message), Settlement.DeadLetter, answer: null);

        Assert.Equal(
            [FindingKind.Twice],
            _moved.AfterCrash(_moved.Alive(message, attempts: 1), _moved.Dead(message, DeadCause.Rejected)));
    }

    [Fact]
    public void What_was_acknowledged_does_not_come_again()
    {
        TrackedMessage message = _plain.Push();
        _plain.Settle(_plain.Deliver(message), Settlement.Ack);
        Assert.Empty(_plain.Found());

        _plain.Deliver(message, attempt: 2);
        Assert.Equal([FindingKind.Again], _plain.Found());
        Assert.Equal([FindingKind.Again], _plain.AfterCrash(_plain.Alive(message, attempts: 1)));
    }

    [Fact]
    public void An_acknowledgement_without_an_answer_may_have_happened()
    {
        TrackedMessage message = _plain.Push();
        _plain.Settle(_plain.Deliver(message), Settlement.Ack, answer: null);
        Assert.Empty(_plain.AfterCrash());

        TrackedMessage other = _plain.Push();
        _plain.Settle(_plain.Deliver(other), Settlement.Ack, answer: null);
        Assert.Empty(_plain.AfterCrash(_plain.Alive(other, attempts: 1)));
    }

    [Fact]
    public void Only_the_first_settlement_with_a_lease_that_was_given_is_accepted()
    {
        TrackedDelivery delivery = _plain.Deliver(_plain.Push());
        _plain.Settle(delivery, Settlement.Ack);
        _plain.Settle(delivery, Settlement.Ack, ErrorCode.LeaseLost);
        Assert.Empty(_plain.Found());
        _plain.Settle(delivery, Settlement.Ack);
        Assert.Equal([FindingKind.Answer], _plain.Found());

        _plain.Settle(_plain.Deliver(_plain.Push()), Settlement.Forged);
        Assert.Equal([FindingKind.Answer], _plain.Found());
        _plain.Settle(_plain.Deliver(_plain.Push()), Settlement.Ack, ErrorCode.LeaseLost);
        Assert.Equal([FindingKind.Answer], _plain.Found());
    }

    [Fact]
    public void Attempts_that_are_on_disk_are_never_counted_again()
    {
        TrackedMessage message = _plain.Push();
        _plain.Settle(_plain.Deliver(message), Settlement.GiveBack);
        _plain.Push();
        Assert.Equal([FindingKind.Lost, FindingKind.Attempts], _plain.AfterCrash(_plain.Alive(message)).Order());

        _plain.Deliver(message, attempt: 1);
        _plain.Deliver(message, attempt: 1);
        Assert.Equal([FindingKind.Attempts], _plain.Found());
    }

    [Fact]
    public void Attempts_that_nothing_followed_may_be_forgotten_by_a_crash()
    {
        TrackedMessage message = _plain.Push();
        _plain.Deliver(message);

        Assert.Empty(_plain.AfterCrash(_plain.Alive(message)));
        _plain.Deliver(message, attempt: 1);
        Assert.Empty(_plain.Found());
    }

    [Fact]
    public void A_dead_letter_has_its_reason_and_its_place()
    {
        TrackedMessage message = _moved.Push();
        Assert.Equal([FindingKind.DeadLetter], _moved.AfterCrash(_moved.Dead(message, DeadCause.Rejected)));

        TrackedMessage other = _moved.Push();
        _moved.Settle(_moved.Deliver(other), Settlement.DeadLetter);
        KeptCopy first = _moved.Dead(message, DeadCause.Rejected);
        Assert.Equal(
            [FindingKind.DeadLetter], _moved.AfterCrash(first, _moved.Dead(other, DeadCause.Rejected, home: "moved")));
        Assert.Empty(_moved.AfterCrash(first, _moved.Dead(other, DeadCause.Rejected)));
        Assert.Equal([FindingKind.DeadLetter], _moved.AfterCrash(first, _moved.Alive(other, attempts: 1)));
    }

    [Fact]
    public void As_many_failures_as_there_may_be_make_a_dead_letter_and_fewer_do_not()
    {
        TrackedMessage message = _plain.Push();
        for (uint attempt = 1; attempt <= 2; attempt++)
        {
            _plain.Settle(_plain.Deliver(message, attempt), Settlement.NackNow);
        }

        Assert.Empty(_plain.AfterCrash(_plain.Alive(message, attempts: 2, failures: 2)));
        _plain.Settle(_plain.Deliver(message, attempt: 3), Settlement.NackNow, answer: null);
        Assert.Empty(_plain.AfterCrash(_plain.Dead(message, DeadCause.MaxDeliveries, attempts: 3)));
    }

    [Fact]
    public void After_a_redrive_it_is_alive_under_another_id_or_still_dead()
    {
        TrackedMessage message = _moved.Push();
        _moved.Settle(_moved.Deliver(message), Settlement.DeadLetter);
        _moved.Ledger.Redriving(new QueuePlan("graveyard"));

        Assert.Empty(_moved.AfterCrash(_moved.Alive(message, id: 17)));
        _moved.Settle(_moved.Deliver(message, attempt: 1), Settlement.Ack);
        Assert.Empty(_moved.AfterCrash());
    }

    [Fact]
    public void In_a_group_nothing_passes_what_is_older()
    {
        TrackedMessage first = _plain.Push("g");
        TrackedMessage second = _plain.Push("g");
        _plain.Push("h");
        _plain.Deliver(second);
        Assert.Equal([FindingKind.Order], _plain.Found());

        _plain.Settle(_plain.Deliver(first), Settlement.Ack, answer: null);
        _plain.Deliver(second, attempt: 2);
        Assert.Empty(_plain.Found());
    }

    [Fact]
    public void An_older_message_of_a_group_that_was_not_known_yet_is_missed()
    {
        TrackedMessage first = _plain.Send("g");
        TrackedMessage second = _plain.Send("g");
        _plain.Confirm(second, 2);
        _plain.Deliver(second);
        _plain.Confirm(first, 1);

        Assert.Equal([FindingKind.Order], _plain.Found());
    }

    [Fact]
    public void A_repeated_push_is_a_duplicate_of_the_first_and_of_nothing_that_was_lost()
    {
        TrackedMessage message = _plain.Push(dedupId: "d");
        Repeat(message, PushOutcome.Duplicate, message.Id);
        Assert.Empty(_plain.Found());
        Repeat(message, PushOutcome.Duplicate, message.Id + 1);
        Repeat(message, PushOutcome.Accepted, message.Id + 1);
        Assert.Equal([FindingKind.Answer, FindingKind.Answer], _plain.Found());

        TrackedMessage lost = _plain.Send(dedupId: "e");
        Assert.Empty(_plain.AfterCrash(_plain.Alive(message)));
        Repeat(lost, PushOutcome.Duplicate, 2);
        Assert.Equal([FindingKind.Lost], _plain.Found());
        Repeat(lost, PushOutcome.Accepted, 2);
        Assert.Equal([FindingKind.Lost], _plain.AfterCrash(_plain.Alive(message)));
    }

    private void Repeat(TrackedMessage message, PushOutcome outcome, ulong id)
    {
        Assert.True(_plain.Ledger.TryRepeat(message));
        _plain.Ledger.Pushed(
            message, true, ErrorCode.None, new QueuePushReply(outcome, id), _plain.Ledger.Stamp());
    }
}
