using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>Pushes.</content>
internal sealed partial class QueueModelPair
{
    private static bool Waits(ModelQueue? queue) => queue?.Options.Durability == QueueDurability.Fsync;

    private void Push(Random random, string name)
    {
        ModelPush push = RandomPush(random);
        QueueStatus actual = _queues.Push(ModelHarness.Bytes(name), push.ToMessage(), _work, out QueuePushResult result);
        QueueStatus expected = _model.Find(name) is null ? _model.RefusalByDefaults(OnOwnClock(push)) : QueueStatus.Ok;
        ModelQueue? queue = expected == QueueStatus.Ok ? _model.FindOrMake(name) : null;
        LearnNextId(queue, actual, result);
        QueuePushOutcome outcome = default;
        ulong id = 0;
        if (queue is not null)
        {
            expected = _model.Push(queue, OnOwnClock(push), out outcome, out id);
        }

        Assert.True(
            (expected, expected == QueueStatus.Ok ? (outcome, id) : default)
            == (actual, actual == QueueStatus.Ok ? (result.Outcome, result.MessageId) : default),
            $"{push}: {actual} {result}, not {expected} {outcome} {id}\n{queue}");
        if (actual == QueueStatus.Ok)
        {
            CheckWaits(Waits(queue), result.Waits);
        }

        Learn(mustKnow: false);
    }

    private void PushBatch(Random random, string name)
    {
        ModelPush[] pushes = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => RandomPush(random))];
        bool allOrNone = random.Next(2) == 0;
        var sink = new ModelPushList();
        QueueStatus actual = _queues.PushBatch(
            ModelHarness.Bytes(name), new ModelPushArray(pushes), allOrNone, ref sink, _work, out bool waits);
        bool makesNone = _model.Find(name) is null && _model.MakesNone([.. pushes.Select(OnOwnClock)], allOrNone);
        ModelQueue? queue = _model.FindOrMake(name);
        QueueStatus expected = QueueStatus.NotFound;
        List<(QueueStatus Status, QueuePushOutcome Outcome, ulong Id)> answers = [];
        if (queue is not null)
        {
            (QueueStatus status, QueuePushResult first) =
                sink.Items.Find(item => item is (QueueStatus.Ok, { Outcome: not QueuePushOutcome.Duplicate }));
            LearnNextId(queue, status, first);
            expected = _model.PushBatch(queue, [.. pushes.Select(OnOwnClock)], allOrNone, answers);
        }

        Assert.Equal(expected, actual);
        Assert.Equal(
            answers.Select(answer => answer.Status == QueueStatus.Ok ? answer : (answer.Status, default, 0)),
            sink.Items.Select(item => item.Status == QueueStatus.Ok
                ? (item.Status, item.Result.Outcome, item.Result.MessageId)
                : (item.Status, default, 0)));
        if (answers.Exists(answer => answer.Status == QueueStatus.Ok))
        {
            CheckWaits(Waits(queue), waits);
        }

        if (makesNone)
        {
            _model.Queues.Remove(name);
        }

        Learn(mustKnow: false);
    }

    /// <summary>The model knows the engine's clock alone.</summary>
    private ModelPush OnOwnClock(ModelPush push) =>
        push.DueAtMs is { } at ? push with { DueAtMs = at - _harness.WallAheadMs } : push;

    /// <summary>A queue whose messages were lost with the memory begins somewhere.</summary>
    private static void LearnNextId(ModelQueue? queue, QueueStatus status, QueuePushResult result)
    {
        if (queue is { NextId: 0 } && status == QueueStatus.Ok && result.MessageId != 0)
        {
            queue.NextId = result.MessageId;
        }
    }

    /// <summary>Who must wait waits. To wait for what is durable costs nothing, so it is no fault.</summary>
    private static void CheckWaits(bool must, bool waits) => Assert.True(waits || !must, "the answer does not wait");
}
