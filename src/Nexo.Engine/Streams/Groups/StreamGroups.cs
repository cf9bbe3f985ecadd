using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>The groups of one stream that has, or had, some.</summary>
internal sealed class StreamGroups(StreamContext context, StreamLog stream)
{
    private readonly Lock _gate = new();
    private readonly NameTable<StreamGroup> _names = new(context.Hasher);
    private int _count;
    private bool _isEnded;

    public StreamContext Context => context;

    public StreamLog Stream => stream;

    public int Count => Volatile.Read(ref _count);

    /// <summary>In no order.</summary>
    public IEnumerable<StreamGroup> All => _names.All;

    /// <summary>The lowest offset that a group has not done.</summary>
    public long LowestPosition => _names.All.Select(group => group.Position).DefaultIfEmpty(long.MaxValue).Min();

    public bool TryFind(ReadOnlySpan<byte> name, out StreamGroup? group) => _names.TryFind(name, out group);

    public StreamStatus Create(
        ReadOnlySpan<byte> name,
        StreamGroupMode mode,
        in StreamPlace from,
        StreamGroupOptionSet given,
        out StreamGroupDeclared declared)
    {
        declared = default;
        StreamRange range = default;
        long position = 0;
        if (!TryFind(name, out StreamGroup? group))
        {
            StreamStatus status = stream.Resolve(from, out range, out position);
            declared = new StreamGroupDeclared(false, mode, 0, null, StreamGroupOption.None, string.Empty, range, Waits: false);
            if (status != StreamStatus.Ok)
            {
                return status;
            }
        }

        bool created = false;
        lock (_gate)
        {
            if (group is null && !TryFind(name, out group))
            {
                StreamGroupOptions options = StreamGroupOptionTable.Overlay(new StreamGroupOptions(), given);
                StreamStatus status = Admit(name, options);
                if (status != StreamStatus.Ok)
                {
                    return status;
                }

                created = true;
                group = New(name.ToArray(), context.NextGroupNumber(), mode, options, position);
                Log(group);
                Add(group);

                // Retention goes not beyond it from here on; what was taken since the place was looked up is done.
                group.PassTrimmed();
            }
        }

        return Compare(group!, mode, given, created, out declared);
    }

    public StreamStatus Delete(ReadOnlySpan<byte> name, out bool waits)
    {
        waits = context.Log is not null;
        StreamGroup? group;
        lock (_gate)
        {
            if (!TryFind(name, out group))
            {
                return EngineNames.IsName(name, context.Limits.NameBytesMax) ? StreamStatus.GroupNotFound : StreamStatus.NameInvalid;
            }

            LogRoom room = context.Log?.RoomForRemoval(sizeof(uint)) ?? LogRoom.Ok;
            if (room != LogRoom.Ok)
            {
                return room == LogRoom.Full ? StreamStatus.DiskFull : StreamStatus.LogFailed;
            }

            if (context.Log is { } log)
            {
                using LogAppend append = log.Begin((byte)StreamRecordKind.GroupDeleted, sizeof(uint));
                new RecordWriter(append.Payload).U32(group!.Number);
            }

            Remove(group!);
        }

        group!.End(StreamStatus.GroupNotFound);
        return StreamStatus.Ok;
    }

    public List<StreamGroupSummary> List(ReadOnlySpan<byte> after, int limit)
    {
        var found = new List<StreamGroup>();
        foreach (StreamGroup group in _names.All)
        {
            if (group.Name.AsSpan().SequenceCompareTo(after) > 0)
            {
                found.Add(group);
            }
        }

        found.Sort((left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        return [.. found.Take(limit).Select(group => group.Summary())];
    }

    /// <summary>The stream is gone, and its groups with it.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
        }

        foreach (StreamGroup group in _names.All)
        {
            Remove(group);
            group.End(StreamStatus.NotFound);
        }
    }

    /// <summary>Writes what a snapshot keeps of them.</summary>
    public void Keep(RecordBuffer buffer)
    {
        StreamGroup[] groups;
        lock (_gate)
        {
            // Who makes or deletes one holds it from the log to the table: what is logged already is to be seen here.
            groups = [.. _names.All];
        }

        Array.ForEach(groups, group => group.Keep(buffer));
    }

    public void Dispose()
    {
        foreach (StreamGroup group in _names.All)
        {
            group.Dispose();
        }
    }

    public StreamGroup New(byte[] name, uint number, StreamGroupMode mode, StreamGroupOptions options, long position) =>
        mode == StreamGroupMode.Ordered
            ? new OrderedGroup(this, name, number, options, position)
            : new SharedGroup(this, name, number, options, position);

    /// <summary>Under the gate, or at recovery.</summary>
    public void Add(StreamGroup group)
    {
        _names.Add(group.Name, group);
        Volatile.Write(ref _count, _count + 1);
        Interlocked.Increment(ref context.Totals.Groups);
    }

    /// <summary>As <see cref="Add"/>.</summary>
    public void Remove(StreamGroup group)
    {
        _names.Remove(group.Name, group);
        Volatile.Write(ref _count, _count - 1);
        Interlocked.Decrement(ref context.Totals.Groups);
    }

    private StreamStatus Admit(ReadOnlySpan<byte> name, StreamGroupOptions options)
    {
        if (_isEnded || stream.IsClosed)
        {
            return StreamStatus.NotFound;
        }

        if (_count >= context.Limits.Groups.GroupsPerStreamMax)
        {
            return StreamStatus.TooManyGroups;
        }

        return (context.Log?.RoomFor(GroupDefinedRecord.BytesOf(name, options)) ?? LogRoom.Ok) switch
        {
            LogRoom.Ok => StreamStatus.Ok,
            LogRoom.Full => StreamStatus.DiskFull,
            _ => StreamStatus.LogFailed,
        };
    }

    private void Log(StreamGroup group)
    {
        if (context.Log is { } log)
        {
            int bytes = GroupDefinedRecord.BytesOf(group.Name, group.Options);
            using LogAppend append = log.Begin((byte)StreamRecordKind.GroupDefined, bytes);
            GroupDefinedRecord.Write(append.Payload, stream.Number, group);
        }
    }

    private StreamStatus Compare(
        StreamGroup group, StreamGroupMode mode, StreamGroupOptionSet given, bool created, out StreamGroupDeclared declared)
    {
        StreamGroupOption difference = StreamGroupOptionTable.Difference(group.Options, given, out string message);
        if (group.Mode != mode)
        {
            difference = StreamGroupOption.None;
            message = $"the mode is {group.Mode}; asked for was {mode}";
        }

        declared = new StreamGroupDeclared(
            created, group.Mode, group.Position, group.Options, difference, message, default, Waits: context.Log is not null);
        return difference == StreamGroupOption.None && group.Mode == mode ? StreamStatus.Ok : StreamStatus.GroupConflict;
    }
}
