using Nexo.Server.Data;
using Nexo.Storage;

namespace Nexo.Server.Tests.Data;

/// <summary>Several parts behind one log and one snapshot.</summary>
public sealed class DurablePartsTests
{
    [Fact]
    public void Each_record_goes_to_the_part_whose_kind_it_is()
    {
        FakePart numbers = new("numbers", 1, 2);
        FakePart letters = new("letters", 3);
        using DurableRecovery recovery = new DurableParts([numbers, letters]).BeginRecovery(new RecordCounts(), null!, null!);
        foreach (byte kind in (byte[])[1, 3, 2, 3, 1])
        {
            recovery.OnRecord(new Lsn(1), kind, default);
        }

        Assert.Equal([1, 2, 1], numbers.Taken);
        Assert.Equal([3, 3], letters.Taken);
        Assert.Equal((5, "3 numbers and 2 letters"), (recovery.Records, recovery.Recovered));
    }

    [Fact]
    public void A_kind_that_no_part_knows_is_refused_and_said()
    {
        using DurableRecovery recovery = new DurableParts([new FakePart("numbers", 1)]).BeginRecovery(new RecordCounts(), null!, null!);
        var failure = Assert.Throws<InvalidDataException>(() => recovery.OnRecord(new Lsn(42), 9, new byte[3]));

        Assert.Contains("Record 42 of kind 9 with 3 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_holds_the_parts_one_after_the_other()
    {
        var parts = new DurableParts([new FakePart("numbers", 1), new FakePart("nothing"), new FakePart("letters", 3, 4)]);
        var seen = new FakePart("all");
        DurableSnapshot snapshot = parts.BeginSnapshot(new Lsn(7), isWhole: false);
        while (snapshot.MoveNext(seen))
        {
        }

        Assert.Equal([1, 3, 4], seen.Taken);
        Assert.Equal((7UL, 30L), (snapshot.Position.Value, parts.SnapshotBytes));
        Assert.False(snapshot.MoveNext(seen));
    }

    [Fact]
    public void Records_of_a_snapshot_that_was_damaged_are_not_counted()
    {
        var counts = new RecordCounts();
        counts.OnRecord(new Lsn(9), 1, default);
        counts.OnRecord(new Lsn(5), 1, default);
        counts.OnRecord(new Lsn(5), 2, default);
        counts.OnRecord(new Lsn(5), 3, default);

        Assert.Equal(2, counts.Of(kind => kind < 3));
    }

    /// <summary>A part that keeps the kinds that it was given, and gives one record of each of its own.</summary>
    private sealed class FakePart(string name, params byte[] kinds) : IDurablePart, IPartRecovery
    {
        public List<byte> Taken { get; } = [];

        public long SnapshotBytes => 10;

        public string Recovered => $"{Taken.Count} {name}";

        public bool Takes(byte kind) => kinds.Contains(kind);

        public IPartRecovery BeginRecovery(RecordCounts expected, DataDirectory directory, IStorageObserver notices) => this;

        public PartSnapshot BeginSnapshot(Lsn position, bool isWhole)
        {
            int next = 0;
            return new PartSnapshot(target =>
            {
                if (next == kinds.Length)
                {
                    return false;
                }

                target.OnRecord(position, kinds[next++], default);
                return true;
            });
        }

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => Taken.Add(kind);

        public void Flush()
        {
        }

        public void Complete(Wal log, IStorageObserver notices)
        {
        }

        public void Dispose()
        {
        }
    }
}
