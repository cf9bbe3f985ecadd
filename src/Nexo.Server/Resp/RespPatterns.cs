using Nexo.Engine.Topics;

namespace Nexo.Server.Resp;

/// <summary>
/// The patterns of all clients. A pattern's filters match more topics than the pattern matches channels: this knows how many of
/// those that a message was counted for do not get it. Thread-safe; read without a lock.
/// </summary>
internal sealed class RespPatterns
{
    private readonly Lock _gate = new();
    private volatile Pattern[] _patterns = [];

    public void Add(byte[] pattern, byte[] filters)
    {
        lock (_gate)
        {
            _patterns = [.. _patterns, new Pattern(pattern, filters)];
        }
    }

    public void Remove(byte[] pattern)
    {
        lock (_gate)
        {
            int at = Array.FindIndex(_patterns, one => ReferenceEquals(one.Bytes, pattern));
            if (at >= 0)
            {
                _patterns = [.. _patterns.AsSpan(0, at), .. _patterns.AsSpan(at + 1)];
            }
        }
    }

    /// <summary>Patterns whose filters match a topic and which do not match its channel.</summary>
    public int CountMisses(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> channel)
    {
        int misses = 0;
        foreach (Pattern pattern in _patterns)
        {
            misses += !RespGlob.Matches(pattern.Bytes, channel) && IsFiltered(pattern, topic) ? 1 : 0;
        }

        return misses;
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
