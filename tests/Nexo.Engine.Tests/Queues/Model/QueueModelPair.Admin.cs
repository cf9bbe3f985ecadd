using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>Definitions, pauses, purges, deletions; dead letters.</content>
internal sealed partial class QueueModelPair
{
    private void Declare(string name, QueueOptionSet set)
    {
        AdoptTargets();
        QueueStatus actual = _queues.Declare(ModelHarness.Bytes(name), set, out QueueDeclared declared);
        QueueStatus expected = _model.Declare(name, set, out bool created);
        Assert.Equal((expected, created), (actual, declared.Created));
        CheckDefinition(name, actual, declared);
        AdoptTargets();
    }

    private void Update(Random random, string name)
    {
        AdoptTargets();
        QueueOptionSet set = FewOptions(random);
        ulong revision = random.Next(3) == 0 ? (ulong)random.Next(1, 4) : 0;
        QueueStatus actual = _queues.Update(ModelHarness.Bytes(name), revision, set, out QueueDeclared updated);
        Assert.Equal(_model.Update(name, revision, set), actual);
        CheckDefinition(name, actual, updated);
        AdoptTargets();
    }

    private void CheckDefinition(string name, QueueStatus status, QueueDeclared declared)
    {
        if (status is not (QueueStatus.Ok or QueueStatus.Conflict))
        {
            Assert.NotEqual("", declared.Message);
            return;
        }

        ModelQueue queue = _model.Find(name)!;
        Assert.Equal((name, queue.Revision), (declared.Definition!.Name, declared.Definition.Revision));
        Assert.Equal(queue.Options, declared.Definition.Options);
        Assert.Equal(QueueStatus.Ok, _queues.Describe(ModelHarness.Bytes(name), out QueueDefinition? described));
        Assert.Equal(declared.Definition, described);
    }

    private void PauseOrResume(Random random, string name)
    {
        var parts = (QueuePausedParts)random.Next(1, 4);
        bool pause = random.Next(3) == 0;
        byte[] bytes = ModelHarness.Bytes(name);
        QueueStatus expected = _model.Pause(name, parts, pause);
        QueueStatus actual = pause
            ? _queues.Pause(bytes, parts, out _)
            : _queues.Resume(bytes, parts, _work, out _);
        Assert.Equal(expected, actual);
    }

    private void DoWithDefinition(Random random, string name)
    {
        // Whatever was to be delivered, or moved, has been.
        Settle();
        byte[] bytes = ModelHarness.Bytes(name);
        long removed = 0;
        switch (random.Next(10))
        {
            case < 3:
                Declare(name, random.Next(2) == 0 ? FewOptions(random) : Options(random));
                break;
            case < 7:
                Update(random, name);
                break;
            case 7:
                Delete(random, name, bytes);
                break;
            default:
                var parts = (QueuePart)random.Next(1, 8);
                QueueStatus expected = _model.Purge(name, parts, out long purged);
                Assert.Equal(expected, _queues.Purge(bytes, parts, out removed, out _));
                Assert.Equal(purged, removed);
                break;
        }
    }

    private void Delete(Random random, string name, byte[] bytes)
    {
        ModelQueue? queue = _model.Find(name);
        (bool ifEmpty, bool ifUnused) = (random.Next(2) == 0, random.Next(2) == 0);
        QueueStatus expected = _model.Delete(name, ifEmpty, ifUnused, out long gone);
        Assert.Equal(expected, _queues.Delete(bytes, ifEmpty, ifUnused, out long removed, out _));
        Assert.Equal(gone, removed);
        if (expected == QueueStatus.Ok)
        {
            Forget(queue!);
        }
    }

    /// <summary>The queue is gone: its consumers have been told.</summary>
    private void Forget(ModelQueue queue)
    {
        _work.Run();
        foreach (SinkDouble sink in _sinks.Where(sink => sink.Consumer!.Queue == queue))
        {
            Assert.Single(sink.Ends);
            sink.Consumer!.Real!.Dispose();
        }

        EndWaits(waiter => waiter.Consumer.Queue == queue);
        _sinks.RemoveAll(sink => sink.Consumer!.Queue == queue);
        _consumers.RemoveAll(consumer => consumer.Queue == queue);
        TakeDeliveries();
    }

    private void DoWithDead(Random random, string name)
    {
        Settle();
        QueueDeadFilter filter = Filter(random, name);
        byte[] bytes = ModelHarness.Bytes(name);
        if (_model.Find(name) is not { } queue)
        {
            Assert.Equal(
                QueueStatus.NotFound, _queues.BeginDead(bytes, QueueDeadAction.Count, filter, [], 0, out _));
            return;
        }

        List<ModelMessage> dead = QueueModel.Dead(queue, filter);
        Assert.Equal(
            dead.Select(message => message.Id),
            _harness.DeadList(name, filter, random.Next(1, 9)).Select(kept => kept.Id));
        long max = random.Next(3) == 0 ? random.Next(1, 5) : 0;
        switch (random.Next(3))
        {
            case 0:
                Assert.Equal(dead.Count, RunDead(random, bytes, QueueDeadAction.Count, filter, "", 0).Done);
                break;
            case 1:
                long deleted = QueueModel.DeleteDead(queue, filter, max);
                Assert.Equal(deleted, RunDead(random, bytes, QueueDeadAction.Delete, filter, "", max).Done);
                break;
            default:
                string target = random.Next(3) == 0 ? Names[random.Next(Names.Length)] : "";
                Redrive(random, queue, filter, target, max);
                break;
        }
    }

    private void Redrive(Random random, ModelQueue queue, QueueDeadFilter filter, string target, long max)
    {
        if (target.Length > 0 && _model.Find(target) is null)
        {
            Assert.Equal(
                QueueStatus.NotFound,
                _queues.BeginDead(
                    ModelHarness.Bytes(queue.Name),
                    QueueDeadAction.Redrive,
                    filter,
                    ModelHarness.Bytes(target),
                    max,
                    out _));
            return;
        }

        if (_model.Queues.Values.Any(home => home.NextId == 0))
        {
            // Of a queue that has lost its messages with the memory nobody knows the next id.
            return;
        }

        QueueStatus expected = _model.Redrive(queue, filter, target, max, out long moved);
        QueueDeadJob job = RunDead(
            random, ModelHarness.Bytes(queue.Name), QueueDeadAction.Redrive, filter, target, max);
        Assert.Equal((expected, moved), (job.Status, job.Done));
        RunWork();
    }

    private QueueDeadJob RunDead(
        Random random, byte[] name, QueueDeadAction action, QueueDeadFilter filter, string target, long max)
    {
        QueueStatus status = _queues.BeginDead(
            name, action, filter, ModelHarness.Bytes(target), max, out QueueDeadJob? job);
        Assert.Equal(QueueStatus.Ok, status);
        while (job!.MoveNext(random.Next(1, 6), _work))
        {
        }

        return job;
    }

    private QueueDeadFilter Filter(Random random, string name) => random.Next(7) switch
    {
        0 => new QueueDeadFilter { Source = Names[random.Next(Names.Length)] },
        1 => new QueueDeadFilter { Cause = (QueueDeadCause)random.Next(1, 6) },
        2 => new QueueDeadFilter { ReasonContains = "o" },
        3 => new QueueDeadFilter { AttemptsMin = (uint)random.Next(1, 4) },
        4 when _model.Find(name) is { Messages.Count: > 0 } queue => new QueueDeadFilter
        {
            MessageIds = queue.Messages.Keys.Where(_ => random.Next(2) == 0).ToHashSet(),
        },
        _ => QueueDeadFilter.All,
    };
}
