namespace Nexo.Storage;

/// <content>The slow work on files.</content>
internal sealed partial class SegmentShelf
{
    private const int ZeroBytes = 256 * 1_024;
    private const int SyncEveryBytes = 4 * 1_024 * 1_024;

    /// <summary>
    /// Takes over the files of a log that has been read: those up to its tail as used, those behind it as prepared if
    /// they follow without gap, and deletes what else is there.
    /// </summary>
    /// <returns>The segment to go on with; null if there is none.</returns>
    public Segment? Adopt(WalTail tail, IStorageObserver observer)
    {
        bool changed = false;
        foreach (string name in disk.List(SegmentHeader.Directory))
        {
            string path = $"{SegmentHeader.Directory}/{name}";
            if (!SegmentHeader.TryParseName(name, out ulong sequence))
            {
                changed |= DeleteUnfinished(path);
            }
            else if (sequence <= tail.Segment)
            {
                AdoptUsed(sequence, path);
            }
            else
            {
                changed = true;
                AdoptPrepared(tail.Segment, sequence, path, observer);
            }
        }

        if (changed)
        {
            disk.SyncDirectory(SegmentHeader.Directory);
        }

        if (tail.Segment != 0)
        {
            _current = _used[^1];
            _current.File = disk.Open(_current.Path, forWriting: true);
        }

        return _current;
    }

    /// <summary>Makes sure that a prepared segment can take a commit of this payload.</summary>
    /// <returns>False: a smaller one than it should be was made, since the disk has no room for that.</returns>
    /// <exception cref="DiskException">It could not be made; what was begun is taken away.</exception>
    public bool Prepare(long payloadBytes)
    {
        lock (_maintenance)
        {
            ulong sequence;
            lock (_gate)
            {
                if (_prepared.TryPeek(out Segment? next) && Segment.Holds(next.Length, payloadBytes))
                {
                    return true;
                }

                sequence = next?.Sequence ?? ((_current?.Sequence ?? 0) + 1);
            }

            long length = sequence == 1 ? options.FirstSegmentBytes : options.SegmentBytes;
            Segment made = MakeAsLargeAsFits(
                sequence, Segment.Holds(length, payloadBytes) ? length : Segment.LengthFor(payloadBytes), payloadBytes);
            lock (_gate)
            {
                Replace(made);
            }

            return made.Length >= length;
        }
    }

    // A disk that has some room left is used: with half the length, and half of that. Such a segment is not used again.
    private Segment MakeAsLargeAsFits(ulong sequence, long length, long payloadBytes)
    {
        while (true)
        {
            long half = length / 2 / SegmentHeader.Sector * SegmentHeader.Sector;
            bool isLast = half < Math.Min(options.FirstSegmentBytes, options.SegmentBytes)
                || !Segment.Holds(half, payloadBytes);
            try
            {
                // Known beforehand, it is not tried: to fill the disk for a moment would take the room from others.
                if (isLast || length <= disk.FreeBytes)
                {
                    return Make(sequence, length);
                }
            }
            catch (DiskException exception) when (exception.Error == DiskError.Full && !isLast)
            {
                // The disk has less than it says: a quota, or somebody else was faster.
            }

            length = half;
        }
    }

    /// <summary>
    /// Frees the segments that hold only records below this one: some are kept to be used again, the others deleted.
    /// </summary>
    /// <returns>How many.</returns>
    /// <exception cref="DiskException">One of them could not be freed; it is tried again the next time.</exception>
    public int Recycle(Lsn needed)
    {
        lock (_maintenance)
        {
            var spares = new List<Segment>();
            int freed = 0;
            try
            {
                while (TakeUnneeded(needed) is Segment victim)
                {
                    Free(victim, spares);
                    freed++;
                }
            }
            finally
            {
                if (freed > 0)
                {
                    Keep(spares);
                }
            }

            return freed;
        }
    }

    private void Free(Segment victim, List<Segment> spares)
    {
        Segment? spare = null;
        try
        {
            spare = TryMakeSpare(victim, spares.Count);
            if (spare is null)
            {
                disk.Delete(victim.Path);
                Interlocked.Add(ref _bytes, -victim.Length);
                return;
            }
        }
        catch (DiskException)
        {
            lock (_gate)
            {
                _used.Insert(0, victim);
            }

            throw;
        }

        try
        {
            spare.File = disk.Open(spare.Path, forWriting: true);
            spares.Add(spare);
        }
        catch (DiskException)
        {
            GiveUp(spare);
            throw;
        }
    }

    // Only then may the spares be written to: until the new names are durable, a power loss can bring back the old.
    private void Keep(List<Segment> spares)
    {
        bool named = false;
        try
        {
            disk.SyncDirectory(SegmentHeader.Directory);
            named = true;
        }
        finally
        {
            if (!named)
            {
                // A later sync that succeeds would say nothing of these names.
                spares.ForEach(GiveUp);
            }
        }

        lock (_gate)
        {
            spares.ForEach(_prepared.Enqueue);
            CountPrepared();
        }

        Interlocked.Add(ref _recycled, spares.Count);
    }

    private void GiveUp(Segment spare)
    {
        spare.Dispose();
        DeleteIfThere(spare.Path);
        Interlocked.Add(ref _bytes, -spare.Length);
    }

    private bool DeleteUnfinished(string path)
    {
        if (!path.EndsWith(".tmp", StringComparison.Ordinal))
        {
            return false;
        }

        disk.Delete(path);
        return true;
    }

    private void AdoptUsed(ulong sequence, string path)
    {
        using IDiskFile file = disk.Open(path, forWriting: false);
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        file.Read(bytes, 0);

        // One that cannot be read lies before what recovery needs: it is free as soon as the one behind it is.
        SegmentHeader.TryRead(bytes, out SegmentHeader header);
        _used.Add(new Segment(sequence, header.Length > 0 ? header.Length : file.Length)
        {
            FirstCommit = header.FirstCommit,
            FirstLsn = header.FirstLsn,
        });
        _bytes += _used[^1].Length;
    }

    private void AdoptPrepared(ulong tail, ulong sequence, string path, IStorageObserver observer)
    {
        ulong expected = tail + (ulong)_prepared.Count + 1;
        long length = 0;
        using (IDiskFile file = disk.Open(path, forWriting: false))
        {
            Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
            file.Read(bytes, 0);
            if (SegmentHeader.TryRead(bytes, out SegmentHeader header) && header.Sequence == sequence)
            {
                throw new InvalidOperationException($"{path} is in use: the log was not read to its end before.");
            }

            if (header.LogId == logId
                && header.Length == file.Length
                && header.Length >= WalOptions.SegmentBytesMin)
            {
                length = header.Length;
            }
        }

        if (length == 0 || sequence != expected)
        {
            observer.Notice(StorageLevel.Information, $"{path}: deleted, a segment that was not in use");
            disk.Delete(path);
            return;
        }

        // Renamed there and back: if the sync of the directory failed when it got its name, only this makes a later one
        // count.
        disk.Rename(path, SegmentHeader.MakingPathOf(sequence));
        disk.Rename(SegmentHeader.MakingPathOf(sequence), path);
        _prepared.Enqueue(new Segment(sequence, length) { File = disk.Open(path, forWriting: true) });
        _bytes += length;
        CountPrepared();
    }

    private Segment Make(ulong sequence, long length)
    {
        string making = SegmentHeader.MakingPathOf(sequence);
        string path = SegmentHeader.PathOf(sequence);
        if (disk.Exists(making))
        {
            disk.Delete(making);
        }

        IDiskFile? file = null;
        try
        {
            file = disk.Create(making);
            FillWithZeros(file, length);
            Span<byte> header = stackalloc byte[SegmentHeader.Size];
            new SegmentHeader(logId, 0, 0, Lsn.None, length).Write(header);
            file.Write(header, 0);
            file.Sync();
            file.Dispose();
            disk.Rename(making, path);
            disk.SyncDirectory(SegmentHeader.Directory);
            return new Segment(sequence, length) { File = disk.Open(path, forWriting: true) };
        }
        catch (DiskException)
        {
            file?.Dispose();
            DeleteIfThere(making);
            throw;
        }
    }

    private static void FillWithZeros(IDiskFile file, long length)
    {
        byte[] zeros = new byte[Math.Min(ZeroBytes, length)];
        long unsynced = 0;
        for (long offset = 0; offset < length; offset += zeros.Length)
        {
            int bytes = (int)Math.Min(zeros.Length, length - offset);
            file.Write(zeros.AsSpan(0, bytes), offset);
            unsynced += bytes;
            if (unsynced >= SyncEveryBytes)
            {
                // In small portions, so that a commit that is synced meanwhile does not wait behind all of it.
                file.Sync();
                unsynced = 0;
            }
        }
    }

    private void DeleteIfThere(string path)
    {
        try
        {
            if (disk.Exists(path))
            {
                disk.Delete(path);
            }
        }
        catch (DiskException)
        {
            // The first failure is the one to tell; what is left is deleted or overwritten later.
        }
    }

    // A new file: in place of the first of those prepared, if that is too small and has now lost its name to this one.
    private void Replace(Segment made)
    {
        var rest = new List<Segment>(_prepared);
        if (rest.Count > 0 && rest[0].Sequence == made.Sequence)
        {
            rest[0].Dispose();
            _bytes -= rest[0].Length;
            rest.RemoveAt(0);
        }

        _prepared.Clear();
        _prepared.Enqueue(made);
        rest.ForEach(_prepared.Enqueue);
        _bytes += made.Length;
        CountPrepared();
    }

    private Segment? TakeUnneeded(Lsn needed)
    {
        lock (_gate)
        {
            foreach (Pin pin in _pins)
            {
                needed = pin.From < needed ? pin.From : needed;
            }

            if (_used.Count < 2 || _used[1].FirstLsn > needed)
            {
                return null;
            }

            // Until the header of the current segment is durable, the end of the one before it is the end of the log.
            if (_used[1] == _current && !_current.IsDurable)
            {
                return null;
            }

            Segment victim = _used[0];
            _used.RemoveAt(0);
            return victim;
        }
    }

    private Segment? TryMakeSpare(Segment victim, int spares)
    {
        ulong sequence;
        lock (_gate)
        {
            if (_prepared.Count + spares >= options.SparesMax || victim.Length != options.SegmentBytes)
            {
                return null;
            }

            // While this runs the writer may take one that is prepared: the last sequence stays what it is.
            sequence = _current!.Sequence + (ulong)(_prepared.Count + spares) + 1;
        }

        disk.Rename(victim.Path, SegmentHeader.PathOf(sequence));
        return new Segment(sequence, victim.Length);
    }
}
