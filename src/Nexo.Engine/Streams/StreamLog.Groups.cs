namespace Nexo.Engine.Streams;

/// <content>Its groups.</content>
internal sealed partial class StreamLog
{
    private StreamGroups? _groups;

    /// <summary>Null: it never had one.</summary>
    public StreamGroups? Groups => Volatile.Read(ref _groups);

    public StreamGroups GroupsOrNew()
    {
        if (Groups is null)
        {
            Interlocked.CompareExchange(ref _groups, new StreamGroups(_context, this), null);
        }

        return Groups!;
    }

    /// <summary>What readers see now.</summary>
    public StreamRange RangeNow()
    {
        lock (_gate)
        {
            AdvanceVisible();
            return new StreamRange(_first, _visible);
        }
    }
}
