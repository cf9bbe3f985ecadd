using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

public sealed class StreamAppendTests
{
    [Fact]
    public void Records_are_read_in_the_order_of_their_appends_with_keys_and_times()
    {
        using var harness = new StreamHarness();
        harness.Create();
        Assert.Equal(0, harness.Append("one", "k"));
        harness.Time.Advance(5);
        Assert.Equal(1, harness.Append("two"));
        StreamAppended batch = harness.AppendAll(("a", "three"), (null, "four"));
        Assert.Equal((StreamOutcome.Appended, 2L), (batch.Outcome, batch.Offset));
        long now = harness.Time.NowMs;
        Assert.Equal(
            [new Read(0, now - 5, "k", "one"), new(1, now, null, "two"), new(2, now, "a", "three"), new(3, now, null, "four")],
            harness.ReadAll());
        Assert.Equal(new StreamRange(0, 4), harness.Range());
    }

    [Fact]
    public void An_append_is_refused_where_the_stream_is_not_where_it_was_expected()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.Append("one");
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("two", out StreamAppended appended, next: 0));
        Assert.Equal((StreamOutcome.Conflict, 1L), (appended.Outcome, appended.Offset));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("two", out appended, next: 1));
        Assert.Equal((StreamOutcome.Appended, 1L), (appended.Outcome, appended.Offset));
        Assert.Equal(["one", "two"], harness.ReadAll().Select(record => record.Value));
    }

    [Fact]
    public void An_append_is_refused_where_its_key_is_not_at_the_version_that_was_expected()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.Append("a1", "a");
        harness.Append("b1", "b");
        harness.Restart();
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("a2", out StreamAppended appended, "a", version: 0));
        Assert.Equal((StreamOutcome.Conflict, 1L), (appended.Outcome, appended.KeyVersion));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("a2", out appended, "a", version: 1));
        Assert.Equal((StreamOutcome.Appended, 3L), (appended.Outcome, appended.KeyVersion));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("c1", out appended, "c", version: 0));
        Assert.Equal(4, appended.KeyVersion);
        Assert.Equal(StreamStatus.KeyInvalid, harness.TryAppend("none", out _, version: 0));

        // What is gone has no version.
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 2, out _, out _));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("b2", out appended, "b", version: 0));
        Assert.Equal(StreamOutcome.Appended, appended.Outcome);
    }

    [Fact]
    public void A_retry_of_an_idempotent_producer_is_a_duplicate_with_its_first_offset_also_after_a_restart()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.Append("other");
        Assert.Equal(StreamStatus.Ok, harness.TryAppendAll(new(9, 0), out _, (null, "a"), (null, "b")));
        harness.Append("other");
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("c", out _, producer: new(9, 2)));
        harness.Snapshot();
        for (int restart = 0; restart < 2; restart++)
        {
            Assert.Equal(StreamStatus.Ok, harness.TryAppendAll(new(9, 0), out StreamAppended again, (null, "a"), (null, "b")));
            Assert.Equal((StreamOutcome.Duplicate, 1L), (again.Outcome, again.Offset));
            Assert.Equal(StreamStatus.Ok, harness.TryAppend("c", out again, producer: new(9, 2)));
            Assert.Equal((StreamOutcome.Duplicate, 4L), (again.Outcome, again.Offset));
            Assert.Equal(StreamStatus.SequenceGap, harness.TryAppend("e", out again, producer: new(9, 4)));
            Assert.Equal(3UL, again.ExpectedSequence);
            Assert.Equal(StreamStatus.SequenceGap, harness.TryAppendAll(new(9, 2), out _, (null, "c"), (null, "d")));
            Assert.Equal(StreamStatus.SequenceGap, harness.TryAppend("x", out again, producer: new(8, 1)));
            Assert.Equal(0UL, again.ExpectedSequence);
            harness.Restart();
        }

        Assert.Equal(StreamStatus.Ok, harness.TryAppend("d", out StreamAppended next, producer: new(9, 3)));
        Assert.Equal((StreamOutcome.Appended, 5L), (next.Outcome, next.Offset));
        Assert.Equal(["other", "a", "b", "other", "c", "d"], harness.ReadAll().Select(record => record.Value));
    }

    [Fact]
    public void A_time_that_a_producer_gives_is_taken_within_its_bound()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { TimestampBoundMs = 1_000 });
        long now = harness.Time.NowMs;
        harness.Append("early", at: now - 1_000);
        harness.Append("late", at: now + 1_000);
        Assert.Equal(StreamStatus.TimestampOutOfRange, harness.TryAppend("x", out _, at: now - 1_001));
        Assert.Equal(StreamStatus.TimestampOutOfRange, harness.TryAppend("x", out _, at: now + 1_001));
        Assert.Equal(StreamStatus.TimestampOutOfRange, harness.TryAppend("x", out _, at: long.MinValue));
        Assert.Equal([now - 1_000, now + 1_000], harness.ReadAll().Select(record => record.TimestampMs));
    }

    [Fact]
    public void What_is_too_long_or_not_of_its_layout_is_refused_and_changes_nothing()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { RecordBytesMax = 10 });
        harness.Append("123456789", "k");
        Assert.Equal(StreamStatus.RecordTooLarge, harness.TryAppend("1234567890", out _, "k"));
        Assert.Equal(StreamStatus.NotFound, harness.TryAppend("1", out _, name: "other"));
        Assert.Equal(StreamStatus.NameInvalid, harness.TryAppend("1", out _, name: ""));
        byte[] whole = StreamHarness.NewRecords(("k", "one"), (null, "two"));
        for (int cut = 0; cut < whole.Length; cut++)
        {
            Assert.Equal(
                StreamStatus.Malformed, harness.Streams.AppendBatch("s"u8, 2, whole.AsSpan(0, cut), default, out _));
        }

        Assert.Equal(StreamStatus.Malformed, harness.Streams.AppendBatch("s"u8, 1, whole, default, out _));
        Assert.Equal(StreamStatus.Malformed, harness.Streams.AppendBatch("s"u8, 3, whole, default, out _));
        Assert.Equal(StreamStatus.InvalidArgument, harness.Streams.AppendBatch("s"u8, 0, default, default, out _));
        Assert.Equal(new StreamRange(0, 1), harness.Range());
    }

    [Fact]
    public void Keys_of_a_large_stream_are_read_beside_and_the_append_is_to_come_again()
    {
        using var harness = new StreamHarness(new StreamLimits());
        harness.Create();
        string value = new('x', 1_000);
        for (int i = 0; i < 1_500; i++)
        {
            harness.Append(value, $"k{i % 1_000}");
        }

        harness.Restart();
        Assert.Equal(StreamStatus.KeysLoading, harness.TryAppend("a", out _, "k7", version: 1_008));
        Assert.Equal(StreamStatus.KeysLoading, harness.TryAppend("a", out _, "k7", version: 1_008));
        harness.Append("meanwhile", "k8");
        harness.RunJobs();
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out StreamAppended appended, "k7", version: 1_008));
        Assert.Equal((StreamOutcome.Appended, 1_502L), (appended.Outcome, appended.KeyVersion));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("b", out appended, "k8", version: 1_009));
        Assert.Equal((StreamOutcome.Conflict, 1_501L), (appended.Outcome, appended.KeyVersion));
        Assert.Equal(1_000, harness.Stats().Keys);
    }

    [Fact]
    public void With_more_keys_than_there_may_be_versions_cannot_be_expected()
    {
        using var harness = new StreamHarness(new StreamLimits { Tuning = StreamHarness.Tiny, KeysMax = 10 });
        harness.Create();
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out _, $"{i}", version: 0));
        }

        // Those that are gone do not count.
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Records, 5, out _, out _));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out _, "new", version: 0));
        for (int i = 0; i < 5; i++)
        {
            harness.Append("a", $"more {i}");
        }

        Assert.Equal(StreamStatus.TooManyKeys, harness.TryAppend("a", out _, "x", version: 0));
        Assert.Equal(16, harness.Append("goes on", "x"));
    }

    [Fact]
    public void Versions_can_be_expected_again_when_many_records_have_gone()
    {
        using var harness = new StreamHarness(new StreamLimits { Tuning = StreamHarness.Tiny, KeysMax = 10 });
        harness.Create();
        for (int i = 0; i < 30; i++)
        {
            harness.Append("a", $"{i}");
        }

        Assert.Equal(StreamStatus.TooManyKeys, harness.TryAppend("a", out _, "x", version: 0));
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Records, 5, out _, out _));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out StreamAppended appended, "29", version: 30));
        Assert.Equal(StreamOutcome.Appended, appended.Outcome);
    }

    [Fact]
    public void An_index_of_keys_that_has_not_seen_the_whole_stream_is_not_used()
    {
        using var harness = new StreamHarness(new StreamLimits { KeysMax = 1_000 });
        harness.Create();
        string value = new('x', 1_000);
        for (int i = 0; i < 1_500; i++)
        {
            harness.Append(value, $"k{i}");
        }

        harness.RunJobs();
        Assert.Equal(StreamStatus.KeysLoading, harness.TryAppend("a", out _, "k1400", version: 0));
        harness.Disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Read)
            {
                harness.Disk.Before = null;
                Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 600, out _, out _));
            }
        };
        harness.RunJobs();
        StreamStatus status = harness.TryAppend("a", out StreamAppended appended, "k1400", version: 0);
        if (status == StreamStatus.KeysLoading)
        {
            harness.RunJobs();
            status = harness.TryAppend("a", out appended, "k1400", version: 0);
        }

        Assert.Equal((StreamStatus.Ok, StreamOutcome.Conflict, 1_401), (status, appended.Outcome, appended.KeyVersion));
    }

    [Fact]
    public void A_retry_of_several_appends_as_one_is_a_success_only_when_the_last_of_them_is_durable()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.Log.IsImmediate = false;
        harness.TryAppend("a", out _, producer: new StreamProducer(7, 0));
        harness.Append("other");
        harness.Log.MakeDurable();
        harness.TryAppend("b", out _, producer: new StreamProducer(7, 1));
        Assert.Equal(
            StreamStatus.Ok, harness.TryAppendAll(new StreamProducer(7, 0), out StreamAppended retried, (null, "a"), (null, "b")));
        Assert.Equal((StreamOutcome.Duplicate, 0, true), (retried.Outcome, retried.Offset, retried.Waits));
        harness.Log.MakeDurable();
        harness.TryAppendAll(new StreamProducer(7, 0), out retried, (null, "a"), (null, "b"));
        Assert.False(retried.Waits);
    }

    [Fact]
    public void A_producer_that_was_silent_longest_is_forgotten_for_a_new_one_and_never_makes_a_duplicate()
    {
        using var harness = new StreamHarness(
            new StreamLimits { Tuning = StreamHarness.Tiny, ProducersMax = 2, ProducerRunsMax = 2 });
        harness.Create();
        foreach (ulong id in (ulong[])[1, 2, 1, 3])
        {
            ulong sequence = id == 1 && harness.Range().Next == 2 ? 1UL : 0;
            Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out _, producer: new(id, sequence)));
        }

        for (int restart = 0; restart < 2; restart++)
        {
            Assert.Equal(2, harness.Stats().Producers);
            Assert.Equal(StreamStatus.SequenceGap, harness.TryAppend("a", out _, producer: new(2, 1)));
            Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out StreamAppended again, producer: new(1, 1)));
            Assert.Equal((StreamOutcome.Duplicate, 2L), (again.Outcome, again.Offset));
            harness.Snapshot();
            harness.Restart();
        }

        // Of what was too long ago only that it was there is known.
        for (ulong sequence = 2; sequence < 5; sequence++)
        {
            harness.Append("between");
            Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out _, producer: new(1, sequence)));
        }

        Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out StreamAppended old, producer: new(1, 0)));
        Assert.Equal((StreamOutcome.Duplicate, -1L), (old.Outcome, old.Offset));
    }
}
