using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Tests;

/// <summary>Enumerations that the engine and the protocol both have, and that handlers cast into each other.</summary>
public sealed class WireNumbersTests
{
    [Fact]
    public void Of_topics() => Assert.Multiple(
        () => AssertSame<TopicWhenSlow, SlowPolicy>(),
        () => AssertSame<TopicTargetKind, BindingTarget>());

    [Fact]
    public void Of_streams() => Assert.Multiple(
        () => AssertSame<StreamOption, StreamOptionTag>(nameof(StreamOption.None)),
        () => AssertSame<StreamFrom, PositionKind>(),
        () => AssertSame<StreamTrimBy, TrimBy>(),
        () => AssertSame<StreamOutcome, AppendOutcome>(),
        () => AssertSame<StreamGroupMode, GroupMode>(),
        () => AssertSame<StreamMemberState, MemberState>(),
        () => AssertSame<StreamGroupOption, GroupOptionTag>(nameof(StreamGroupOption.None)),
        () => Assert.Equal(
            [StreamNack.Backoff, StreamNack.Now, StreamNack.Delay, StreamNack.Release, StreamNack.DeadLetter],
            new[]
            {
                RecordNackAction.Backoff, RecordNackAction.Now, RecordNackAction.AfterDelay, RecordNackAction.GiveBack,
                RecordNackAction.DeadLetter,
            }.Select(action => (StreamNack)action)),
        () => AssertSame<StreamDurability, Durability>(nameof(Durability.ServerDefault)),
        () => Assert.Equal((byte)RecordParts.Timestamp, StreamRecordForm.TimestampGiven),
        () => Assert.Equal((byte)RecordParts.Key, StreamRecordForm.KeyPresent),
        () => Assert.Equal((byte)RecordParts.Tombstone, StreamRecordForm.Tombstone));

    private static void AssertSame<TEngine, TWire>(string? onOneSideOnly = null)
        where TEngine : struct, Enum
        where TWire : struct, Enum
    {
        IEnumerable<string> Of<T>()
            where T : struct, Enum => Enum.GetValues<T>()
            .Where(value => value.ToString() != onOneSideOnly)
            .Select(value => $"{value}={Convert.ToInt64(value)}");

        Assert.Equal(Of<TEngine>(), Of<TWire>());
    }
}
