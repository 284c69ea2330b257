const CELLS = 20;
const STEP_MS = 120;
const DIRECTIONS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

const canvas = document.querySelector('#field');
const paint = canvas.getContext('2d');
const size = canvas.width / CELLS;

let worm, direction, food;

function start() {
  worm = [
    [10, 10],
    [9, 10],
    [8, 10],
  ];
  direction = [1, 0];
  food = [15, 10];
  show();
}

function step() {
  const [x, y] = worm[0];
  const head = [(x + direction[0] + CELLS) % CELLS, (y + direction[1] + CELLS) % CELLS];
  if (worm.some((cell) => isSame(cell, head))) return start();
  worm.unshift(head);
  if (isSame(head, food)) food = placeFood();
  else worm.pop();
  show();
}

function placeFood() {
  const free = [];
  for (let x = 0; x < CELLS; x += 1) {
    for (let y = 0; y < CELLS; y += 1) if (!worm.some((cell) => isSame(cell, [x, y]))) free.push([x, y]);
  }
  return free[Math.floor(Math.random() * free.length)];
}

function show() {
  paint.clearRect(0, 0, canvas.width, canvas.height);
  draw(food, '#ffb000');
  worm.forEach((cell, index) => draw(cell, index === 0 ? '#9fe870' : '#4c9a2a'));
  document.querySelector('#points').textContent = String(worm.length - 3);
}

function draw([x, y], colour) {
  paint.fillStyle = colour;
  paint.fillRect(x * size + 1, y * size + 1, size - 2, size - 2);
}

const isSame = (left, right) => left[0] === right[0] && left[1] === right[1];

addEventListener('keydown', ({ key }) => {
  const wanted = DIRECTIONS[key];
  // Not straight back into itself.
  if (wanted && !isSame(wanted, [-direction[0], -direction[1]])) direction = wanted;
});

start();
setInterval(step, STEP_MS);
