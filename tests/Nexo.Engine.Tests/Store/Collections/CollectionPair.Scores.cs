using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <content>Sorted sets.</content>
internal sealed partial class CollectionPair
{
    private static double Score(Random random) => random.Next(12) switch
    {
        0 => double.PositiveInfinity,
        1 => double.NegativeInfinity,
        2 => 0.5 + random.Next(3),
        _ => random.Next(-4, 5),
    };

    private static SortedRange Range(Random random, int count)
    {
        bool reverse = random.Next(2) == 0;
        long offset = random.Next(4) == 0 ? random.Next(-1, 4) : 0;
        long most = random.Next(4) == 0 ? random.Next(-1, 5) : -1;
        SortedRange range = random.Next(2) == 0
            ? SortedRange.ByRank(random.Next(-count - 2, count + 2), random.Next(-count - 2, count + 2))
            : SortedRange.ByScore(
                SortedBound.At(Score(random), random.Next(2) == 0), SortedBound.At(Score(random), random.Next(2) == 0));
        return range.By == SortedRangeKind.Rank ? range.With(reverse) : range.With(reverse, offset, most);
    }

    private static List<(string Member, double Score)> Part(Dictionary<string, double> scores, in SortedRange range)
    {
        List<(string Member, double Score)> sorted = CollectionModel.Sort(scores);
        if (range.Reverse)
        {
            sorted.Reverse();
        }

        if (range.By == SortedRangeKind.Rank)
        {
            long from = Math.Max(0, range.First < 0 ? range.First + sorted.Count : range.First);
            long to = Math.Min(sorted.Count - 1, range.Last < 0 ? range.Last + sorted.Count : range.Last);
            return from <= to ? sorted.GetRange((int)from, (int)(to - from + 1)) : [];
        }

        (double min, bool aboveMin) = (range.Min.Score, range.Min.Exclusive);
        (double max, bool belowMax) = (range.Max.Score, range.Max.Exclusive);
        sorted.RemoveAll(member =>
            member.Score < min || member.Score > max || (aboveMin && member.Score == min) || (belowMax && member.Score == max));
        int skipped = (int)(range.Offset < 0 ? sorted.Count : range.Offset);
        return [.. sorted.Skip(skipped).Take(range.CountMax < 0 ? int.MaxValue : (int)range.CountMax)];
    }

    private void ChangeScores(Random random, string key)
    {
        switch (random.Next(7))
        {
            case < 2:
                (string, double)[] members = [.. Items(random).Distinct().Select(item => (item, Score(random)))];
                StoreStatus status = _store.AddScores(key, out int added, members);
                Dictionary<string, double>? scores = model.Make<Dictionary<string, double>>(key);
                Assert.Equal(scores is null ? StoreStatus.WrongType : StoreStatus.Ok, status);
                Assert.Equal(scores is null ? 0 : members.Count(member => !scores.ContainsKey(member.Item1)), added);
                foreach ((string member, double score) in scores is null ? [] : members)
                {
                    scores![member] = score;
                }

                break;
            case < 4:
                AddByRule(random, key);
                break;
            case 4:
                var source = new BlobArray(Items(random).Raw());
                BlobArray again = source;
                scores = model.Find<Dictionary<string, double>>(key, out StoreStatus expected);
                Assert.Equal(expected, _store.SortedRemove(key.Raw(), ref source, out int removed));
                int gone = 0;
                while (scores is not null && again.TryTake(out ReadOnlySpan<byte> item))
                {
                    gone += scores.Remove(System.Text.Encoding.Latin1.GetString(item)) ? 1 : 0;
                }

                Assert.Equal(gone, removed);
                model.Tidy(key);
                break;
            case 5:
                PopScores(random, key);
                break;
            default:
                scores = model.Find<Dictionary<string, double>>(key, out expected);
                SortedRange range = Range(random, scores?.Count ?? 0).With(reverse: false);
                Assert.Equal(expected, _store.SortedRemove(key.Raw(), range, out long out_));
                List<(string Member, double Score)> part = scores is null ? [] : Part(scores, range);
                Assert.Equal(part.Count, out_);
                part.ForEach(member => scores!.Remove(member.Member));
                model.Tidy(key);
                break;
        }
    }

    private void AddByRule(Random random, string key)
    {
        var rule = new ScoreRule
        {
            IfAbsent = random.Next(5) == 0,
            IfPresent = random.Next(5) == 0,
            IfGreater = random.Next(4) == 0,
            IfLess = random.Next(6) == 0,
            Increments = random.Next(3) == 0,
        };
        (string Member, double Score)[] members = [.. Items(random).Select(item => (item, Score(random)))];
        PairArray source = CollectionCommands.Scores(members);
        bool there = model.Entries.ContainsKey(key);
        StoreStatus status = _store.SortedAdd(key.Raw(), rule, ref source, out ScoreChanges changes);
        Dictionary<string, double>? scores = model.Make<Dictionary<string, double>>(key);
        if (scores is null)
        {
            Assert.Equal(StoreStatus.WrongType, status);
            return;
        }

        var expected = default(ScoreChanges);
        StoreStatus ended = StoreStatus.Ok;
        foreach ((string member, double score) in members)
        {
            bool exists = scores.TryGetValue(member, out double before);
            double after = rule.Increments ? before + score : score;
            if (double.IsNaN(after))
            {
                ended = StoreStatus.InvalidArgument;
                break;
            }

            if (exists ? rule.IfAbsent || (rule.IfGreater && after <= before) || (rule.IfLess && after >= before) : rule.IfPresent)
            {
                continue;
            }

            scores[member] = after;
            expected.Added += exists ? 0 : 1;
            expected.Changed += exists && after != before ? 1 : 0;
            expected.Applied = true;
            expected.Score = after;
        }

        if (!there)
        {
            model.Tidy(key);
        }

        Assert.Equal((ended, expected), (status, changes));
    }

    private void PopScores(Random random, string key)
    {
        int count = random.Next(5);
        bool highest = random.Next(2) == 0;
        var sink = new ScoreList();
        StoreStatus status = _store.SortedPop(key.Raw(), highest, count, ref sink);
        Dictionary<string, double>? scores = model.Find<Dictionary<string, double>>(key, out StoreStatus expected);
        Assert.Equal(expected, status);
        if (scores is not null)
        {
            List<(string Member, double Score)> taken = Part(scores, SortedRange.ByRank(0, count - 1).With(highest));
            taken = count == 0 ? [] : taken;
            Assert.Equal(taken, sink.Members);
            taken.ForEach(member => scores.Remove(member.Member));
            model.Tidy(key);
        }
    }

    private void ReadScores(Random random, string key)
    {
        Dictionary<string, double>? scores = model.Find<Dictionary<string, double>>(key, out StoreStatus expected);
        SortedRange range = Range(random, scores?.Count ?? 0);
        List<(string Member, double Score)> part = scores is null ? [] : Part(scores, range);
        var sink = new ScoreList();
        Assert.Equal(expected, _store.SortedList(key.Raw(), range, ref sink));
        Assert.Equal(part, sink.Members);
        Assert.Equal(expected, _store.SortedCount(key.Raw(), range, out long count));
        Assert.Equal(part.Count, count);
        string item = Item(random);
        bool reverse = random.Next(2) == 0;
        StoreStatus status = _store.SortedRank(key.Raw(), item.Raw(), reverse, out long rank, out double score);
        if (scores is null || !scores.TryGetValue(item, out double known))
        {
            Assert.Equal(scores is null ? expected : StoreStatus.NotFound, status);
            return;
        }

        List<(string Member, double Score)> all = Part(scores, SortedRange.ByRank(0, -1).With(reverse));
        Assert.Equal((StoreStatus.Ok, all.IndexOf((item, known)), known), (status, rank, score));
        int wanted = random.Next(-3, 12);
        var sample = new ScoreList();
        Assert.Equal(StoreStatus.Ok, _store.SortedSample(key.Raw(), wanted, ref sample));
        Assert.Equal(wanted < 0 ? -wanted : Math.Min(wanted, all.Count), sample.Members.Count);
        Assert.All(sample.Members, member => Assert.Equal(scores[member.Member], member.Score));
    }

    private void CombineScores(Random random, string key)
    {
        if (random.Next(3) == 0)
        {
            string from = Key(random);
            Dictionary<string, double>? source = model.Find<Dictionary<string, double>>(from, out StoreStatus found);
            SortedRange range = Range(random, source?.Count ?? 0);
            List<(string Member, double Score)> part = source is null ? [] : Part(source, range);
            Assert.Equal(
                found == StoreStatus.WrongType ? found : StoreStatus.Ok,
                _store.SortedListStore(key.Raw(), from.Raw(), range, out long stored));
            Assert.Equal(part.Count, stored);
            if (found != StoreStatus.WrongType)
            {
                model.Put(key, part.ToDictionary());
                model.Tidy(key);
            }

            return;
        }

        string[] keys = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Key(random))];
        var combination = new SortedCombination(
            (SetOperation)random.Next(3),
            (ScoreAggregate)random.Next(3),
            random.Next(2) == 0 ? null : [.. keys.Select(_ => (double)random.Next(-2, 3))]);
        bool wrong = keys.Any(other => model.Entries.TryGetValue(other, out object? value)
            && value is not (HashSet<string> or Dictionary<string, double>));
        StoreStatus status = wrong ? StoreStatus.WrongType : StoreStatus.Ok;
        Dictionary<string, double> expected = wrong ? [] : Combined(combination, keys);
        var sink = new ScoreList();
        Assert.Equal(status, _store.SortedCombine(combination, keys.Raw(), ref sink));
        Assert.Equal(CollectionModel.Sort(expected), sink.Members);
        if (random.Next(2) == 0)
        {
            Assert.Equal(status, _store.SortedCombineStore(combination, key.Raw(), keys.Raw(), out long members));
            Assert.Equal(expected.Count, members);
            if (!wrong)
            {
                model.Put(key, expected);
                model.Tidy(key);
            }
        }
    }

    private Dictionary<string, double> Combined(SortedCombination combination, string[] keys)
    {
        Dictionary<string, double>[] all = [.. keys.Select(key => model.Entries.GetValueOrDefault(key) switch
        {
            HashSet<string> set => set.ToDictionary(item => item, _ => 1.0),
            Dictionary<string, double> scores => scores,
            _ => [],
        })];
        static double Number(double value) => double.IsNaN(value) ? 0 : value;
        Dictionary<string, double> result = [];
        foreach (string member in all.SelectMany(scores => scores.Keys).Distinct())
        {
            bool[] has = [.. all.Select(scores => scores.ContainsKey(member))];
            bool kept = combination.Operation switch
            {
                SetOperation.Union => true,
                SetOperation.Intersection => has.All(there => there),
                _ => has[0] && !has.Skip(1).Any(there => there),
            };
            if (!kept)
            {
                continue;
            }

            if (combination.Operation == SetOperation.Difference)
            {
                result.Add(member, all[0][member]);
                continue;
            }

            // From the smallest on; of an intersection only the first is made a number at once.
            bool isUnion = combination.Operation == SetOperation.Union;
            double[] weighed = [.. Enumerable.Range(0, all.Length).OrderBy(i => all[i].Count).Where(i => has[i])
                .Select(i => all[i][member] * (combination.Weights?[i] ?? 1))];
            double sum = Number(weighed[0]);
            foreach (double one in weighed.Skip(1))
            {
                double other = isUnion ? Number(one) : one;
                sum = combination.Aggregate switch
                {
                    ScoreAggregate.Min => other < sum ? other : sum,
                    ScoreAggregate.Max => other > sum ? other : sum,
                    _ => Number(sum + other),
                };
            }

            result.Add(member, sum);
        }

        return result;
    }
}
