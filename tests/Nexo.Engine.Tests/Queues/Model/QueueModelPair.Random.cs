using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>What the random commands are made of.</content>
internal sealed partial class QueueModelPair
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    private static readonly string[] Reasons = ["", "no route", "time-out", "bad input"];

    /// <summary>Queues to begin with.</summary>
    public void DeclareSome(Random random)
    {
        foreach (string name in Names)
        {
            Declare(name, Options(random));
        }
    }

    public void Do(Random random)
    {
        string name = Name(random);
        switch (random.Next(100))
        {
            case < 20:
                Push(random, name);
                break;
            case < 25:
                PushBatch(random, name);
                break;
            case < 39:
                Ack(random);
                break;
            case < 50:
                Nack(random);
                break;
            case < 53:
                DeadLetter(random);
                break;
            case < 56:
                Extend(random);
                break;
            case < 60:
                SettleWhatIsNotTheirs(random);
                break;
            case < 65:
                Consume(random, name);
                break;
            case < 72:
                Credit(random);
                break;
            case < 79:
                Pull(random);
                break;
            case < 91:
                Advance(Step(random));
                break;
            case < 93:
                DisposeOfOne(random);
                break;
            case < 95:
                PauseOrResume(random, name);
                break;
            case < 98:
                DoWithDead(random, name);
                break;
            default:
                DoWithDefinition(random, name);
                break;
        }

        _model.SyncTurns();
        if (random.Next(3) > 0)
        {
            RunWork();
        }

        if (random.Next(6) == 0)
        {
            Settle();
            Compare(_model.Queues.Values.ElementAt(random.Next(_model.Queues.Count)));
        }
    }

    /// <summary>All that can be set at random, or, of an update, some of it.</summary>
    private static QueueOptionSet Options(Random random) => new()
    {
        LeaseMs = Some(random, [1_000, 5_000, 30_000]),
        DeliveriesMax = (int)Some(random, [0, 1, 2, 3, 5]),
        Backoff = (QueueBackoff)random.Next(3),
        BackoffMs = Some(random, [1, 100, 1_000]),
        BackoffMsMax = Some(random, [1_000, 3_000]),
        DeadLetterQueue = random.Next(3) == 0 ? Names[random.Next(Names.Length)] : null,
        MessageTtlMs = Some(random, [0, 0, 0, 2_000, 60_000]),
        MessagesMax = Some(random, [0, 0, 10, 3]),
        BytesMax = Some(random, [0, 0, 0, 60]),
        WhenFull = (QueueWhenFull)random.Next(2),
        DedupWindowMs = Some(random, [0, 2_000, 300_000, 300_000]),
        Durability = (QueueDurability)Some(random, [1, 2, 3, 3, 3, 3, 3]),
        Priorities = (int)Some(random, [1, 3, 10, 10]),
        InFlightPerGroup = (int)Some(random, [1, 1, 1, 1, 2, 0]),
        PerSecondPerGroup = (int)Some(random, [0, 0, 0, 2]),
    };

    private static QueueOptionSet FewOptions(Random random)
    {
        QueueOptionSet all = Options(random);
        return random.Next(7) switch
        {
            0 => new QueueOptionSet { LeaseMs = all.LeaseMs, DeliveriesMax = all.DeliveriesMax },
            1 => new QueueOptionSet { DeadLetterQueue = Names[random.Next(Names.Length)] },
            2 => new QueueOptionSet { DeadLetterQueue = "" },
            3 => new QueueOptionSet { MessagesMax = all.MessagesMax, BytesMax = all.BytesMax, WhenFull = all.WhenFull },
            4 => new QueueOptionSet { Backoff = all.Backoff, BackoffMs = all.BackoffMs },
            5 => new QueueOptionSet { MessageTtlMs = all.MessageTtlMs },
            _ => new QueueOptionSet(),
        };
    }

    /// <summary>A queue that is there, or is not; none that is about to be made.</summary>
    private string Name(Random random)
    {
        string name = Names[random.Next(Names.Length)];
        if (_model.Find(name) is { IsAwaited: true })
        {
            Settle();
        }

        return name;
    }

    private static long Some(Random random, long[] values) => values[random.Next(values.Length)];

    private static long Step(Random random) => random.Next(12) switch
    {
        < 4 => random.Next(1, 60),
        < 8 => random.Next(200, 1_500),
        < 11 => random.Next(1_500, 8_000),
        _ => random.Next(20_000, 90_000),
    };

    private ModelPush RandomPush(Random random)
    {
        var push = new ModelPush($"{++_bodies}{new string('.', random.Next(12))}")
        {
            Priority = random.Next(4) == 0 ? random.Next(10) : 0,
            Group = random.Next(2) == 0 ? $"g{random.Next(4)}" : "",
            DedupId = random.Next(4) == 0 ? $"d{random.Next(12)}" : "",
            Headers = random.Next(8) == 0 ? new string('h', random.Next(1, 9)) : "",
            TtlMs = random.Next(6) == 0 ? Some(random, [1, 50, 900, 5_000, 100_000]) : null,
        };
        return random.Next(40) switch
        {
            0 or 1 or 2 or 3 => push with { DelayMs = random.Next(3_000) },
            4 or 5 => push with { DueAtMs = Now + _harness.WallAheadMs + random.Next(-2_000, 6_000) },
            6 => Wrong(random, push),
            _ => push,
        };
    }

    private ModelPush Wrong(Random random, ModelPush push) => random.Next(9) switch
    {
        0 => push with { Priority = 10 },
        1 => push with { Priority = -1 },
        2 => push with { DelayMs = -1 },
        3 => push with { DelayMs = _harness.Limits.DelayMsMax + 1 },
        4 => push with { DelayMs = 5, DueAtMs = Now },
        5 => push with { TtlMs = 0 },
        6 => push with { Group = new string('g', _harness.Limits.GroupBytesMax + 1) },
        7 => push with { DedupId = new string('d', _harness.Limits.DedupIdBytesMax + 1) },
        _ => push with { Body = new string('b', _harness.Limits.BodyBytesMax + 1) },
    };
}
