using System.Text;

namespace Nexo.Engine.Streams;

/// <content>Figures of all streams, for who asks again and again.</content>
public sealed partial class StreamService
{
    /// <summary>Sums over all streams: counts since the start, and what is there now.</summary>
    public StreamStats Totals => Survey(0).Totals;

    /// <summary>Looks at every stream and every group once, each under a short hold of its lock.</summary>
    /// <param name="namedMax">How many streams, and how many groups, are told one by one.</param>
    public StreamSurvey Survey(int namedMax)
    {
        uint lastNamed = SurveyBounds.LastNamed(_names.All.Select(stream => stream.Number), namedMax);
        var found = new List<(StreamLog Stream, StreamStats Stats)>();
        var rest = new StreamStats();
        int restCount = 0;
        foreach (StreamLog stream in _names.All)
        {
            if (stream.Stats(out StreamStats stats) != StreamStatus.Ok)
            {
                continue;
            }

            if (stream.Number <= lastNamed)
            {
                found.Add((stream, stats));
            }
            else
            {
                rest = Sum(rest, stats);
                restCount++;
            }
        }

        found.Sort((left, right) => left.Stream.Number.CompareTo(right.Stream.Number));
        List<StreamGroupFigures> groups = Groups(
            found.Select(pair => pair.Stream), lastNamed, namedMax, out StreamGroupFigures groupsRest, out int groupsLeft);
        return new StreamSurvey
        {
            Totals = Total(found.Aggregate(rest, (sum, pair) => Sum(sum, pair.Stats))),
            Named = [.. found.Select(pair => (Encoding.UTF8.GetString(pair.Stream.Name), pair.Stats))],
            Rest = rest,
            RestCount = restCount,
            Groups = groups,
            GroupsRest = groupsRest,
            GroupsRestCount = groupsLeft,
        };
    }

    private List<StreamGroupFigures> Groups(
        IEnumerable<StreamLog> named, uint lastNamed, int namedMax, out StreamGroupFigures rest, out int restCount)
    {
        var groups = new List<StreamGroupFigures>();
        rest = new StreamGroupFigures(string.Empty, string.Empty, 0, 0, 0, 0, 0);
        restCount = 0;
        IEnumerable<StreamLog> others = _names.All.Where(stream => stream.Number > lastNamed);
        foreach (StreamGroups some in named.Concat(others).Select(stream => stream.Groups).OfType<StreamGroups>())
        {
            foreach (StreamGroup group in some.All.OrderBy(group => group.Number))
            {
                if (groups.Count < namedMax)
                {
                    groups.Add(group.Figures(withNames: true));
                }
                else
                {
                    rest = rest.Plus(group.Figures(withNames: false));
                    restCount++;
                }
            }
        }

        return groups;
    }

    // What is there now; what was counted is in the sums of the service, with that of streams that are gone.
    private StreamStats Total(StreamStats now)
    {
        StreamTotals totals = _context.Totals;
        return now with
        {
            Streams = Count,
            PendingBytes = PendingBytes,
            Readers = Volatile.Read(ref totals.Readers),
            Groups = Volatile.Read(ref totals.Groups),
            Appended = Volatile.Read(ref totals.Appended),
            AppendedBytes = Volatile.Read(ref totals.AppendedBytes),
            Read = Volatile.Read(ref totals.Read),
            ReadBytes = Volatile.Read(ref totals.ReadBytes),
            Duplicates = Volatile.Read(ref totals.Duplicates),
            Conflicts = Volatile.Read(ref totals.Conflicts),
            Trimmed = Volatile.Read(ref totals.Trimmed),
            Compacted = Volatile.Read(ref totals.Compacted),
        };
    }

    private static StreamStats Sum(StreamStats one, StreamStats other) => new()
    {
        Streams = one.Streams + other.Streams,
        Records = one.Records + other.Records,
        Bytes = one.Bytes + other.Bytes,
        Segments = one.Segments + other.Segments,
        Failed = one.Failed + other.Failed,
        Readers = one.Readers + other.Readers,
        Groups = one.Groups + other.Groups,
        Producers = one.Producers + other.Producers,
        Keys = one.Keys + other.Keys,
        Appended = one.Appended + other.Appended,
        AppendedBytes = one.AppendedBytes + other.AppendedBytes,
        Read = one.Read + other.Read,
        ReadBytes = one.ReadBytes + other.ReadBytes,
        SavedBytes = one.SavedBytes + other.SavedBytes,
        CompactedAtMs = Math.Max(one.CompactedAtMs, other.CompactedAtMs),
        AppendedPerSecond = one.AppendedPerSecond + other.AppendedPerSecond,
        ReadPerSecond = one.ReadPerSecond + other.ReadPerSecond,
    };
}
