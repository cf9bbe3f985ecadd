using System.Globalization;
using System.Text;
using Nexo.Engine.Store;

namespace Nexo.Bench.Micro;

/// <summary>Lists, sets and sorted sets, small and with many members: processor time of a command, and bytes of a member.</summary>
internal static class CollectionTable
{
    private const int Operations = 300_000;
    private const int BatchMembers = 1_000;

    public static void Print(int members)
    {
        Console.WriteLine($"{"",-34} {"of 10",10} {$"of {members:N0}",14}");
        using var small = new Bench(10);
        using var large = new Bench(members);
        Line("list: push right, pop left", small.PushPop, large.PushPop);
        Line("list: element in the middle", small.ElementInTheMiddle, large.ElementInTheMiddle);
        Line("set: add and remove", small.AddRemove, large.AddRemove);
        Line("set: is it a member", small.IsMember, large.IsMember);
        Line("sorted set: new score", small.NewScore, large.NewScore);
        Line("sorted set: rank of a member", small.Rank, large.Rank);
        Line("sorted set: 10 from the middle", small.TenInTheMiddle, large.TenInTheMiddle);
        Console.WriteLine();
        Console.WriteLine($"bytes of a member of {members:N0}, with its own 10: list {large.ListBytes:F0}, set {large.SetBytes:F0}, "
            + $"sorted set {large.SortedBytes:F0}");
        Console.WriteLine($"longest holds: trim to 10 of a list {large.TrimMs():F2} ms, delete of a sorted set {large.DeleteMs():F2} ms");
    }

    private static void Line(string name, Action<int> small, Action<int> large) =>
        Console.WriteLine($"{name,-34} {Measure(small),7:F0} ns {Measure(large),11:F0} ns");

    private static double Measure(Action<int> command)
    {
        double best = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < Operations; i++)
            {
                command(i);
            }

            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / Operations);
        }

        return best;
    }

    private sealed class Bench : IDisposable
    {
        private readonly StoreService _store = new(new StoreLimits(), TimeProvider.System, new DiscardingLog());
        private readonly byte[][] _members;
        private readonly byte[] _score = new byte[StoreService.ScoreLength];
        private readonly byte[][] _own = [new byte[StoreService.ScoreLength]];

        public Bench(int members)
        {
            _members = [.. Enumerable.Range(0, members).Select(i => Encoding.ASCII.GetBytes(i.ToString("d10", CultureInfo.InvariantCulture)))];
            ListBytes = Fill(batch =>
            {
                var source = new Members(batch);
                _store.ListPush("list"u8, ListEnd.Right, ifPresent: false, ref source, out _, out _);
            });
            SetBytes = Fill(batch =>
            {
                var source = new Members(batch);
                _store.SetAdd("set"u8, ref source, out _);
            });
            var random = new Random(1);
            SortedBytes = Fill(batch =>
            {
                var source = new Scored(batch, random);
                _store.SortedSet("sorted"u8, ref source, out _);
            });
        }

        public double ListBytes { get; }

        public double SetBytes { get; }

        public double SortedBytes { get; }

        public void PushPop(int i)
        {
            var source = new Members(new ArraySegment<byte[]>(_members, i % _members.Length, 1));
            _store.ListPush("list"u8, ListEnd.Right, ifPresent: false, ref source, out _, out _);
            var sink = default(Nothing);
            _store.ListPop("list"u8, ListEnd.Left, 1, ref sink);
        }

        public void ElementInTheMiddle(int i)
        {
            var sink = default(Nothing);
            long rank = (i * 7_919L) % _members.Length;
            _store.ListRange("list"u8, rank, rank, ref sink);
        }

        public void AddRemove(int i)
        {
            BitConverter.TryWriteBytes(_own[0], i);
            var source = new Members(new ArraySegment<byte[]>(_own));
            _store.SetAdd("set"u8, ref source, out _);
            source = new Members(new ArraySegment<byte[]>(_own));
            _store.SetRemove("set"u8, ref source, out _);
        }

        public void IsMember(int i)
        {
            var source = new Members(new ArraySegment<byte[]>(_members, (int)((i * 7_919L) % _members.Length), 1));
            var sink = default(Nothing);
            _store.SetContains("set"u8, ref source, ref sink);
        }

        public void NewScore(int i)
        {
            BitConverter.TryWriteBytes(_score, (double)(i * 7_919L % 1_000_003));
            var source = new Scored(new ArraySegment<byte[]>(_members, (int)((i * 104_729L) % _members.Length), 1), null) { Score = _score };
            _store.SortedSet("sorted"u8, ref source, out _);
        }

        public void Rank(int i) =>
            _store.SortedRank("sorted"u8, _members[(i * 7_919L) % _members.Length], reverse: false, out _, out _);

        public void TenInTheMiddle(int i)
        {
            var sink = default(Nothing);
            long rank = (i * 7_919L) % _members.Length;
            _store.SortedList("sorted"u8, SortedRange.ByRank(rank, rank + 9), ref sink);
        }

        public double TrimMs()
        {
            long start = TimeProvider.System.GetTimestamp();
            _store.ListTrim("list"u8, _members.Length / 2, (_members.Length / 2) + 9);
            return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
        }

        public double DeleteMs()
        {
            long start = TimeProvider.System.GetTimestamp();
            _store.Delete("sorted"u8, default, out _);
            return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
        }

        public void Dispose() => _store.Dispose();

        private double Fill(Action<ArraySegment<byte[]>> add)
        {
            long before = _store.Stats.UsedBytes;
            for (int at = 0; at < _members.Length; at += BatchMembers)
            {
                add(new ArraySegment<byte[]>(_members, at, Math.Min(BatchMembers, _members.Length - at)));
            }

            return (double)(_store.Stats.UsedBytes - before) / _members.Length;
        }
    }

    private struct Members(ArraySegment<byte[]> members) : IBlobSource
    {
        private int _next;

        public bool TryTake(out ReadOnlySpan<byte> item)
        {
            bool more = _next < members.Count;
            item = more ? members[_next++] : default(ReadOnlySpan<byte>);
            return more;
        }
    }

    private struct Scored(ArraySegment<byte[]> members, Random? random) : IPairSource
    {
        private readonly byte[][] _scores = random is null
            ? []
            : [.. members.Select(_ => BitConverter.GetBytes((double)random.Next(1_000_000)))];

        private int _next;

        public byte[]? Score { get; init; }

        public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
        {
            bool more = _next < members.Count;
            first = more ? members[_next] : default(ReadOnlySpan<byte>);
            second = more ? Score ?? _scores[_next] : default(ReadOnlySpan<byte>);
            _next++;
            return more;
        }
    }

    private struct Nothing : IBlobSink, IFieldSink, IScoreSink
    {
        public readonly bool Add(ReadOnlySpan<byte> item) => true;

        public readonly bool Add(bool found, ReadOnlySpan<byte> value) => true;

        public readonly bool Add(ReadOnlySpan<byte> member, double score) => true;
    }
}
