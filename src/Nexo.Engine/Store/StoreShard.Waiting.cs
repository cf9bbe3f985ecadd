using System.Runtime.CompilerServices;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <content>Holds over several commands, and who waits for a key to hold something.</content>
internal sealed unsafe partial class StoreShard
{
    private Dictionary<byte[], LinkedList<StorePop>>? _waiters;

    public bool IsHeld => _gate.IsHeldByCurrentThread;

    /// <summary>Enters the lock; what is logged until <see cref="Leave"/> goes to this log, if there is one.</summary>
    public void Enter(ILogWriter? log)
    {
        _gate.Enter();
        _log = log ?? _log;
    }

    /// <param name="log">The log that it has otherwise; null: it stays.</param>
    public void Leave(ILogWriter? log)
    {
        _log = log ?? _log;
        _gate.Exit();
    }

    public StoreStatus Kind(ReadOnlySpan<byte> key, ulong hash, out StoreEntryKind kind)
    {
        lock (_gate)
        {
            bool found = FindForRead(key, hash, out byte* entry) != null;
            kind = found ? KindOf(entry) : default;
            return found ? StoreStatus.Ok : StoreStatus.NotFound;
        }
    }

    /// <summary>Puts a pop behind those that wait for this key.</summary>
    public void Wait(StorePop pop, int key)
    {
        lock (_gate)
        {
            _waiters ??= new Dictionary<byte[], LinkedList<StorePop>>(new NameComparer(_hasher));
            if (!_waiters.TryGetValue(pop.Keys[key], out LinkedList<StorePop>? line))
            {
                line = new LinkedList<StorePop>();
                _waiters.Add(pop.Keys[key], line);
            }

            pop.Nodes[key] = line.AddLast(pop);
        }
    }

    /// <summary>Takes a pop out of the line at this key, if it is still there.</summary>
    public void EndWait(StorePop pop, int key)
    {
        lock (_gate)
        {
            if (pop.Nodes[key] is { List: { } line } node)
            {
                line.Remove(node);
                pop.Nodes[key] = null;
                if (line.Count == 0)
                {
                    _waiters!.Remove(pop.Keys[key]);
                }
            }
        }
    }

    /// <summary>Whether somebody waits for this key, who came before.</summary>
    public bool IsAwaited(ReadOnlySpan<byte> key, EntryFlags type)
    {
        lock (_gate)
        {
            return FirstOf(key, type) is not null;
        }
    }

    /// <summary>The first one that waits for what is at this key now; null: nobody, or nothing is.</summary>
    public StorePop? FirstServed(ReadOnlySpan<byte> key, ulong hash)
    {
        lock (_gate)
        {
            return Find(key, hash, out byte* entry) == null ? null : FirstOf(key, Entry.Type(entry));
        }
    }

    private StorePop? FirstOf(ReadOnlySpan<byte> key, EntryFlags type)
    {
        if (_waiters is { Count: > 0 } waiters
            && waiters.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out LinkedList<StorePop>? line))
        {
            for (LinkedListNode<StorePop>? node = line.First; node is not null; node = node.Next)
            {
                if (node.Value.IsWaiting && node.Value.Type == type)
                {
                    return node.Value;
                }
            }
        }

        return null;
    }

    /// <summary>A key begins to hold something: if somebody waits for that, he is served when the lock is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteReady(ReadOnlySpan<byte> key, EntryFlags flags)
    {
        if (_waiters is { Count: > 0 } && (flags & (EntryFlags.List | EntryFlags.SortedSet)) != 0)
        {
            NoteAwaited(key, flags & EntryFlags.Types);
        }
    }

    private void NoteAwaited(ReadOnlySpan<byte> key, EntryFlags type)
    {
        if (FirstOf(key, type) is not null)
        {
            _ready.Enqueue(key.ToArray());
        }
    }
}
