namespace Nexo.Client;

/// <summary>
/// Calls that wait to be sent, oldest first: for a connection, or for room on it. Linked through the calls themselves,
/// so one leaves from the middle at no cost. Guarded by the dispatcher's gate.
/// </summary>
internal sealed class WaitingLine
{
    private Operation? _last;

    public Operation? First { get; private set; }

    public int Count { get; private set; }

    public void AddLast(Operation operation)
    {
        operation.Line = this;
        operation.Previous = _last;
        if (_last is null)
        {
            First = operation;
        }
        else
        {
            _last.Next = operation;
        }

        _last = operation;
        Count++;
    }

    /// <summary>Puts one back that was refused.</summary>
    public void AddFirst(Operation operation)
    {
        operation.Line = this;
        operation.Next = First;
        if (First is null)
        {
            _last = operation;
        }
        else
        {
            First.Previous = operation;
        }

        First = operation;
        Count++;
    }

    /// <summary>False when it is not here.</summary>
    public bool Remove(Operation operation)
    {
        if (operation.Line != this)
        {
            return false;
        }

        if (operation.Previous is null)
        {
            First = operation.Next;
        }
        else
        {
            operation.Previous.Next = operation.Next;
        }

        if (operation.Next is null)
        {
            _last = operation.Previous;
        }
        else
        {
            operation.Next.Previous = operation.Previous;
        }

        operation.Line = null;
        operation.Previous = null;
        operation.Next = null;
        Count--;
        return true;
    }
}
