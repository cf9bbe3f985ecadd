namespace Nexo.Client;

/// <summary>What stands in a <see cref="LinkedLine{T}"/>, one at a time.</summary>
internal interface ILinked<T>
    where T : class, ILinked<T>
{
    /// <summary>Its place; for the line alone, under whatever guards it.</summary>
    ref Link<T> Link { get; }
}

/// <summary>A place in a line.</summary>
internal struct Link<T>
    where T : class, ILinked<T>
{
    public LinkedLine<T>? Line;
    public T? Previous;
    public T? Next;
}

/// <summary>Items in their order, linked through themselves: one leaves from the middle at no cost, and none costs an object. Not
/// thread-safe.</summary>
internal sealed class LinkedLine<T>
    where T : class, ILinked<T>
{
    private T? _last;

    public T? First { get; private set; }

    public int Count { get; private set; }

    public static T? After(T item) => item.Link.Next;

    public void AddLast(T item)
    {
        item.Link = new Link<T> { Line = this, Previous = _last };
        if (_last is null)
        {
            First = item;
        }
        else
        {
            _last.Link.Next = item;
        }

        _last = item;
        Count++;
    }

    /// <summary>Puts one back at the head.</summary>
    public void AddFirst(T item)
    {
        item.Link = new Link<T> { Line = this, Next = First };
        if (First is null)
        {
            _last = item;
        }
        else
        {
            First.Link.Previous = item;
        }

        First = item;
        Count++;
    }

    /// <summary>False when it is not here.</summary>
    public bool Remove(T item)
    {
        Link<T> link = item.Link;
        if (link.Line != this)
        {
            return false;
        }

        if (link.Previous is null)
        {
            First = link.Next;
        }
        else
        {
            link.Previous.Link.Next = link.Next;
        }

        if (link.Next is null)
        {
            _last = link.Previous;
        }
        else
        {
            link.Next.Link.Previous = link.Previous;
        }

        item.Link = default;
        Count--;
        return true;
    }
}
