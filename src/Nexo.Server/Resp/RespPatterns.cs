using Nexo.Engine.Topics;

namespace Nexo.Server.Resp;

/// <summary>
/// The patterns of all clients. A pattern's filters match more topics than the pattern matches channels: this knows how many of
/// those that a message was counted for do not get it. Thread-safe; read without a lock.
/// </summary>
internal sealed class RespPatterns
{
    private readonly Lock _gate = new();

    // By the array that the subscription has: others may have the same pattern.
    private readonly Dictionary<object, Pattern> _byBytes = new(ReferenceEqualityComparer.Instance);

    // Null: they have changed, and who reads next lays them out anew.
    private volatile Pattern[]? _listed = [];

    private Pattern[] All => _listed ?? List();

    public void Add(byte[] pattern, byte[] filters)
    {
        lock (_gate)
        {
            _byBytes.Add(pattern, new Pattern(pattern, filters));
            _listed = null;
        }
    }

    public void Remove(byte[] pattern)
    {
        lock (_gate)
        {
            if (_byBytes.Remove(pattern))
            {
                _listed = null;
            }
        }
    }

    /// <summary>Patterns that somebody has subscribed to.</summary>
    public int CountDistinct() => All.Select(pattern => RespChannelSet.KeyOf(pattern.Bytes)).Distinct().Count();

    /// <summary>Patterns whose filters match a topic and which do not match its channel.</summary>
    public int CountMisses(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> channel)
    {
        int misses = 0;
        foreach (Pattern pattern in All)
        {
            misses += !RespGlob.Matches(pattern.Bytes, channel) && IsFiltered(pattern, topic) ? 1 : 0;
        }

        return misses;
    }

    private Pattern[] List()
    {
        lock (_gate)
        {
            Pattern[] all = [.. _byBytes.Values];
            _listed = all;
            return all;
        }
    }

    private static bool IsFiltered(Pattern pattern, ReadOnlySpan<byte> topic)
    {
        foreach (ReadOnlySpan<byte> filter in new TopicFilterList(pattern.Filters, RespChannels.CountOf(pattern.Filters)))
        {
            if (TopicRules.Matches(filter, topic))
            {
                return true;
            }
        }

        return false;
    }

    private sealed record Pattern(byte[] Bytes, byte[] Filters);
}
